/** A part of an address as it was meant. What is no percent-encoding (`100%`) is what it is, and no error. */
export function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
