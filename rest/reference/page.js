// Lets the page send what it describes. Without it the page is whole, and its commands can be copied.
const TOKEN = "entrepot.token"; // the console keeps its own there

const signIn = document.querySelector("#sign-in");
const token = document.querySelector("#token");
token.value = sessionStorage.getItem(TOKEN) ?? "";
token.addEventListener("change", () => sessionStorage.setItem(TOKEN, token.value.trim()));
signIn.addEventListener("submit", (event) => event.preventDefault());
signIn.hidden = false;

for (const form of document.querySelectorAll("form.try")) {
  form.hidden = false;
  const command = form.closest("section").querySelector(".curl code");
  form.addEventListener("input", () => (command.textContent = curl(request(form))));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form);
  });
}

/** What a form asks for, with an address relative to this page. */
function request(form) {
  const { method, path } = form.closest("section").dataset;
  const wanted = { method, path, headers: {}, body: undefined };
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("[data-in]")) {
    const value = field.value.trim();
    if (field.dataset.in === "body") {
      wanted.body = value;
      wanted.headers["Content-Type"] = "application/json";
    } else if (field.dataset.in === "path" && value !== "") {
      wanted.path = wanted.path.replace(`{${field.name}}`, encodeURIComponent(value));
    } else if (field.dataset.in === "header" && value !== "") {
      wanted.headers[field.name] = value;
    } else if (field.dataset.in === "query" && value !== "") {
      query.set(field.name, value);
    }
  }
  if (query.size > 0) {
    wanted.path += `?${query}`;
  }
  return wanted;
}

function curl({ path, headers, body }) {
  const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const lines = [`curl --location ${quoted(new URL(`.${path}`, location.href).href)}`, '--header "Authorization: Bearer $TOKEN"'];
  for (const [name, value] of Object.entries(headers)) {
    lines.push(`--header ${quoted(`${name}: ${value}`)}`);
  }
  if (body !== undefined) {
    lines.push(`--data ${quoted(body)}`);
  }
  return lines.join(" \\\n  ");
}

async function send(form) {
  const output = form.querySelector("output");
  const button = form.querySelector("button");
  const { method, path, headers, body } = request(form);
  if (token.value.trim() !== "") {
    headers.Authorization = `Bearer ${token.value.trim()}`;
  }
  button.disabled = true;
  const shown = document.createElement("pre");
  shown.tabIndex = 0;
  try {
    const answer = await fetch(`.${path}`, { method, headers, body, cache: "no-store" });
    const text = await answer.text();
    shown.textContent = `${answer.status} ${answer.statusText}\n\n${readable(text)}`;
  } catch (error) {
    shown.textContent = `There was no answer: ${error.message}`;
  }
  output.replaceChildren(shown);
  button.disabled = false;
}

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
