// The plain pages: their language.
import { speak } from "./words.js";

speak();
