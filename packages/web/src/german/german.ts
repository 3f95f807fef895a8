export { english as german } from "../english/english.js";
