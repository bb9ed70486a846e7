"use strict";
// Shows what a form would make while it is being filled in: the agent draws it anew a moment after each change.

{
  const PAUSE = 250;  // ms after the last change
  let drawn = 0;      // an answer to an earlier change is not shown

  const draw = async (form, mine) => {
    let answer;
    try {
      answer = await asked(`/pages${form.dataset.preview}`, await filled(form));
    } catch {
      return;  // the agent is away; the page says so when it is asked for anything
    }
    if (mine !== drawn || !answer.ok || !answer.headers.get("Content-Type").startsWith("text/html")) return;
    const found = parsed(await answer.text()).getElementById("preview"), shown = document.getElementById("preview");
    if (found && shown) shown.replaceWith(found);
  };

  document.addEventListener("input", event => {
    const form = event.target.closest("form[data-preview]");
    if (!form) return;
    const mine = ++drawn;
    setTimeout(() => mine === drawn && draw(form, mine), PAUSE);
  });
}
