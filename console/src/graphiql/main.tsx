import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import { createRoot } from "react-dom/client";
import { readToken } from "../session.ts";
import { createFetcher } from "./fetcher.ts";
import "./graphiql.css";

const EXAMPLE = `# The last ten imports of your organization. Ctrl-Enter runs what the cursor is in.
query LastImports {
  imports(first: 10) {
    nodes {
      id
      status
      fileName
      resultCount
      importDefinition {
        name
      }
    }
  }
}
`;

const root = document.getElementById("root");
if (root) {
  const token = readToken();
  createRoot(root).render(
    token === null ? (
      <main className="signed-out">
        <h1>GraphiQL</h1>
        <p>
          You are not signed in in this tab. <a href="/">Sign in first</a>, then come back from there.
        </p>
      </main>
    ) : (
      <GraphiQL fetcher={createFetcher(token)} defaultQuery={EXAMPLE} inputValueDeprecation={true}>
        <GraphiQL.Logo>
          <a href="/" className="home-link">
            Entrepot
          </a>
        </GraphiQL.Logo>
      </GraphiQL>
    ),
  );
}
