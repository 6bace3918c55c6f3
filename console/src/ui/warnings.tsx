/** What was odd about a file without being wrong. */
export function Warnings({ warnings }: { warnings: readonly { code: string; message: string }[] }) {
  if (warnings.length === 0) {
    return null;
  }
  return (
    <ul className="warnings" aria-label="Warnings">
      {warnings.map((each) => (
        <li key={each.code + each.message}>{each.message}</li>
      ))}
    </ul>
  );
}
