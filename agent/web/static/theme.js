"use strict";
// Light or dark, as she chose for this browser; the choice stays here and says nothing of her.

function paint() {
  const choice = localStorage.getItem("theme");
  if (choice) document.documentElement.dataset.theme = choice;
  else delete document.documentElement.dataset.theme;
  const shown = document.querySelector("[data-theme-choice]");
  if (shown) shown.value = choice ?? "";
}

document.addEventListener("change", event => {
  if (!event.target.matches("[data-theme-choice]")) return;
  if (event.target.value) localStorage.setItem("theme", event.target.value); else localStorage.removeItem("theme");
  paint();
});
document.addEventListener("page", paint);
paint();
