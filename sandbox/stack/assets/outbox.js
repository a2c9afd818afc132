// Fetches the list again every two seconds and swaps it in when it grew; the open message stays as it is.
const count = document.querySelector("#count");

async function refresh() {
  const answer = await fetch("/sandbox/outbox", { cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (fresh.querySelector("#count").textContent === count.textContent) return;
  const list = document.querySelector(".mail nav");
  if (!list) return location.reload();
  const open = list.querySelector("[aria-current]")?.getAttribute("href");
  list.replaceChildren(...fresh.querySelectorAll(".mail nav a"));
  for (const link of list.children) {
    link.toggleAttribute("aria-current", false);
    if (link.getAttribute("href") === open) link.setAttribute("aria-current", "true");
  }
  count.textContent = fresh.querySelector("#count").textContent;
}

setInterval(() => document.hidden || refresh().catch(() => {}), 2000);
