import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { applyTheme } from "./app/theme";
import { anyUnsaved } from "./editor/store";
import "./styles/all.css";

applyTheme();
window.addEventListener("beforeunload", (event) => {
  if (anyUnsaved()) event.preventDefault();
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
