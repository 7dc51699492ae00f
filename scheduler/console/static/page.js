// The plain pages: their language.
import "./wording.js";
import { onLanguage, speak } from "./words.js";

onLanguage(() => { document.title = document.querySelector("h1").textContent + " · Villagecast"; });
speak();
