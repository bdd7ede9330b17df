import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

const WORDS = "All words of the page are in src/strings.ts.";
const HTML = "Text of others is never parsed as HTML.";

export default ts.config(
  { ignores: ["node_modules", "eslint.config.js"] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...ts.configs.stylisticTypeChecked,
  hooks.configs.flat["recommended-latest"],
  a11y.flatConfigs.strict,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "max-lines": ["error", { max: 400 }],
      "max-lines-per-function": ["error", { max: 120 }],
      complexity: ["error", 20],
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: HTML },
        { property: "outerHTML", message: HTML },
        { property: "insertAdjacentHTML", message: HTML },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: HTML },
        { selector: "JSXText[value=/\\p{L}{2}/u]", message: WORDS },
        { selector: "JSXElement > JSXExpressionContainer > :matches(Literal[value=/\\p{L}{2}/u], TemplateLiteral:has(> TemplateElement[value.raw=/\\p{L}{2}/u]))", message: WORDS },
        { selector: "JSXAttribute[name.name=/^(title|label|alt|placeholder|aria-label|aria-description|aria-roledescription)$/] > Literal[value=/\\p{L}{2}/u]", message: WORDS },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // Components hand their own functions on; none of them uses `this`.
      "@typescript-eslint/unbound-method": "off",
    },
  },
  { files: ["src/strings.ts"], rules: { "max-lines": "off" } },
);
