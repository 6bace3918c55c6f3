export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <path d="M7 14.5 16 8l9 6.5V25H7z" strokeWidth="2.4" />
      <path d="M11.5 25v-7h9v7M11.5 21.5h9" strokeWidth="2" />
    </svg>
  );
}
