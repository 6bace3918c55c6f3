package auth

// Settle waits for what is being written down about the use of tokens.
func (a *Authenticator) Settle() { a.uses.writing.Wait() }
