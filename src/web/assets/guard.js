// Whatever goes wrong in the page itself is told, and there is a way back: it must not end in a page
// that says nothing. This file depends on no other.
{
  const german = /^de/i.test(navigator.language);
  const [text, again, back] = german
    ? ["Auf dieser Seite ist etwas schiefgegangen.", "Neu laden", "Zurück zur Liste"]
    : ["Something went wrong on this page.", "Load again", "Back to the list"];

  const tell = () => {
    if (document.getElementById("failed")) return;
    const link = (href, words) => {
      const element = document.createElement("a");
      element.className = "button";
      element.href = href;
      element.textContent = words;
      element.addEventListener("click", () => setTimeout(() => location.reload()));
      return element;
    };
    // Where nothing else is left, this is the page.
    const isAlone = !document.querySelector("main");
    const box = document.createElement(isAlone ? "main" : "div");
    box.id = "failed";
    box.className = "note bad";
    const words = document.createElement(isAlone ? "h1" : "p");
    if (!isAlone) words.setAttribute("role", "alert");
    words.textContent = text;
    const ways = document.createElement("div");
    ways.className = "buttons";
    ways.append(link(location.hash || "#", again), link("#/users", back));
    box.append(words, ways);
    // What is there stays: somebody may have been writing.
    document.body.prepend(box);
  };

  // A file of the page that does not come is told of at its element, and goes no further.
  addEventListener("error", (event) => {
    if (event instanceof ErrorEvent || event.target.tagName === "SCRIPT") tell();
  }, true);
  addEventListener("unhandledrejection", tell);
}
