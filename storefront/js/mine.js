/** The part of the API that belongs to the signed-in buyer. */
import { call, Problem } from "./api.js";
import { signOut, token } from "./session.js";

/** One request under the buyer's token, sent even if the page is left. A token the shop no longer takes signs the buyer out. */
export async function mine(path, options = {}) {
  try {
    return await call(`/me${path}`, { ...options, token: token(), live: true, keepalive: true });
  } catch (error) {
    if (error instanceof Problem && error.status === 401) signOut();
    throw error;
  }
}
