import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { takeCode } from "./session.ts";
import "./styles.css";

const root = document.getElementById("root");
if (root) {
  // Before anything is drawn, and once: the code is gone from the address bar when React runs an effect a second time.
  const code = takeCode();
  createRoot(root).render(
    <StrictMode>
      <App code={code} />
    </StrictMode>,
  );
}
