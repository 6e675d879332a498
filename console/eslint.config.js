import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import typescript from "typescript-eslint";

export default defineConfig(
  { ignores: ["dist/", "src/rest/schema.d.ts", "eslint.config.js"] },
  js.configs.recommended,
  typescript.configs.strictTypeChecked,
  typescript.configs.stylisticTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  {
    plugins: { "react-hooks": hooks },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "no-console": "error",
      "max-lines": ["error", 200],
      "max-params": ["error", 4],
      // numbers in sentences are wanted
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // an event's handler may be `() => send()`, also where send answers nothing
      "@typescript-eslint/no-confusing-void-expression": "off",
      // Preact takes handlers that answer a promise, and rejections are shown by the page
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/consistent-type-assertions": [
        "error",
        { assertionStyle: "as", objectLiteralTypeAssertions: "never" },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "no-restricted-syntax": [
        "error",
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: "Markup is built from nodes: what a model or a user wrote is text.",
        },
        {
          selector: "AssignmentExpression[left.property.name=/^(innerHTML|outerHTML)$/]",
          message: "Markup is built from nodes: what a model or a user wrote is text.",
        },
        {
          selector: "CallExpression[callee.property.name='insertAdjacentHTML']",
          message: "Markup is built from nodes: what a model or a user wrote is text.",
        },
      ],
      "no-restricted-globals": [
        "error",
        { name: "localStorage", message: "Only language and theme are kept beyond the tab: src/preferences.ts." },
        { name: "sessionStorage", message: "Only the key is kept in the tab: src/session.ts." },
      ],
    },
  },
  { files: ["src/preferences.ts", "src/session.ts"], rules: { "no-restricted-globals": "off" } },
);
