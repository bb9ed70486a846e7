"use strict";
// Says how long a passphrase would hold, while it is typed. It is a guess, and says so; the least is checked by the agent.

function bits(words) {
  const kinds = [[/[a-z]/, 26], [/[A-Z]/, 26], [/[0-9]/, 10], [/[^a-zA-Z0-9]/, 33]];
  const letters = kinds.filter(([kind]) => kind.test(words)).reduce((sum, [, count]) => sum + count, 0);
  const different = new Set(words.toLowerCase()).size;  // "aaaaaaaaaaaa" is long, and worth little
  const parts = words.trim().split(/\s+/).filter(each => each.length > 2);
  const byWord = parts.length > 1 && parts.length === new Set(parts).size ? parts.length * 11 : Infinity;
  return Math.min(Math.min(words.length, different * 2) * Math.log2(letters || 1), byWord);
}

function strength(words, least) {
  const missing = least - [...words.normalize("NFKC")].length;
  if (!words) return "";
  if (missing > 0) return `${missing} more character${missing === 1 ? "" : "s"}.`;
  const found = bits(words);
  if (found < 45) return "Weak: somebody who has the file could guess it. Add a word or two.";
  return found < 65 ? "Fair. One more word makes it strong." : "Strong.";
}

document.addEventListener("input", event => {
  const shown = document.getElementById(event.target.dataset.strength);
  if (shown) shown.textContent = strength(event.target.value, event.target.minLength);
});
