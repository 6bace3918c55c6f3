package fakegcs

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Account is a service account that only a Server knows.
type Account struct {
	Email string
	// KeyFile is the content of a file that GOOGLE_APPLICATION_CREDENTIALS may name.
	KeyFile []byte
	Public  *rsa.PublicKey
}

const account = "entrepot@test.iam.gserviceaccount.com"

// NewAccount makes an account with a new key.
func NewAccount() (Account, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return Account{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Account{}, err
	}
	file, err := json.MarshalIndent(map[string]string{ //nolint:gosec // it was made a moment ago, and opens nothing
		"type": "service_account", "project_id": "test", "private_key_id": "1", "client_email": account,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"token_uri":   "http://127.0.0.1:1/there-is-no-sign-in",
	}, "", "  ")
	return Account{Email: account, KeyFile: file, Public: &key.PublicKey}, err
}

// OpenAccount reads the account of a key file, which it makes when it is missing.
func OpenAccount(name string) (Account, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		made, err := NewAccount()
		if err != nil {
			return Account{}, err
		}
		return made, os.WriteFile(name, made.KeyFile, 0o600)
	}
	if err != nil {
		return Account{}, err
	}
	var file struct {
		Email string `json:"client_email"`
		Key   string `json:"private_key"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return Account{}, fmt.Errorf("read key file: %w", err)
	}
	block, _ := pem.Decode([]byte(file.Key))
	if block == nil {
		return Account{}, errors.New("read key file: there is no key in it")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Account{}, fmt.Errorf("read key file: %w", err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return Account{}, errors.New("read key file: the key is not RSA")
	}
	return Account{Email: file.Email, KeyFile: text, Public: &key.PublicKey}, nil
}
