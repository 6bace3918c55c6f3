package auth

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// MinSecretBytes is the least that a secret must have: as much as the hash that signs with it.
const MinSecretBytes = 32

const secretFile = "secret"

// LoadSecret is the secret of a data folder, made on first use: random bytes in a file that its owner alone can read.
// Processes that come at once get the same one.
func LoadSecret(folder string) ([]byte, error) {
	name := filepath.Join(folder, secretFile)
	secret, err := readSecret(name)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeSecret(folder, name); err == nil {
			secret, err = readSecret(name)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("load secret: %w", err)
	}
	return secret, nil
}

func readSecret(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if err := file.Chmod(0o600); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return nil, err
	}
	secret := make([]byte, 4096)
	n, err := file.Read(secret)
	if n < MinSecretBytes {
		return nil, errors.Join(fmt.Errorf("%s has %d bytes and needs %d; remove it, and everybody signs in again",
			name, n, MinSecretBytes), err)
	}
	return secret[:n], nil
}

// makeSecret lets the file appear whole, and only if there is none.
func makeSecret(folder, name string) error {
	file, err := os.CreateTemp(folder, ".secret-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	secret := make([]byte, MinSecretBytes)
	_, _ = rand.Read(secret) // never fails
	_, err = file.Write(secret)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), name); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
