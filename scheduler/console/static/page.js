// The plain pages: their language.
import "./wording.js";
import { speak } from "./words.js";

speak();
