import { createContext, useContext } from "react";
import type { Client } from "./api/client.ts";

export const ClientContext = createContext<Client | null>(null);

/** The signed-in person's client. Only for what is shown below the sign-in. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) {
    throw new Error("useClient outside of ClientContext");
  }
  return client;
}
