const start = JSON.parse(document.getElementById("start").textContent);
const use = document.getElementById("use"), said = document.getElementById("said");
const picker = pickBox(document.getElementById("picker"), {
  ...start,
  changed: () => { use.disabled = false; },
});
use.addEventListener("click", async () => {
  use.disabled = true;
  try {
    const answer = await fetch("box", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ box: picker.get() }),
    });
    said.textContent = await answer.text();
    use.disabled = answer.ok;
  } catch (error) {
    said.textContent = "The terminal no longer answers; start udt select again.";
  }
});
