import type { Viewer } from "../api/operations.ts";
import { Logo } from "./logo.tsx";

/** Where GraphiQL is; the server takes the line out of the page when it does not serve it. */
function graphiqlPath(): string | null {
  return document.querySelector<HTMLMetaElement>('meta[name="entrepot-graphiql"]')?.content ?? null;
}

const ROLES: Record<string, string> = { VIEWER: "Viewer", COLLECTOR: "Collector", MANAGER: "Manager", OWNER: "Owner" };

export function Header({ viewer, onSignOut }: { viewer: Viewer; onSignOut: () => void }) {
  const graphiql = graphiqlPath();
  const { user, organization, group, role } = viewer;
  return (
    <header className="top">
      <a className="brand" href="/">
        <Logo />
        Entrepot
      </a>
      <p className="where">
        <strong>{organization.name}</strong>
        <span>{group ? group.name : "no group"}</span>
      </p>
      <nav aria-label="Tools">{graphiql !== null && <a href={graphiql}>GraphiQL</a>}</nav>
      <p className="who">
        <strong>{user.name}</strong>
        <span>
          {user.email !== null && `${user.email} · `}
          {ROLES[role] ?? role}
        </span>
      </p>
      <button type="button" className="quiet" onClick={onSignOut}>
        Sign out
      </button>
    </header>
  );
}
