/** What the file of a component exports, for programs that cannot read such files: the linter. */
declare module "*.vue" {
  import type { Component } from "vue";
  const component: Component;
  export default component;
}
