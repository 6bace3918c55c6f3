package storage

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"cloud.google.com/go/compute/metadata"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

const (
	variableKey      = "GOOGLE_APPLICATION_CREDENTIALS"
	variableEmulator = "STORAGE_EMULATOR_HOST"
	// scope is what a token is asked for; what it may do in the bucket, IAM says. Signing needs it, beside storage.
	scope        = "https://www.googleapis.com/auth/cloud-platform"
	tokenTimeout = 30 * time.Second
)

// errNoCredentials says what to do.
var errNoCredentials = errors.New("a bucket of Google Cloud Storage needs credentials: set " + variableKey +
	" to the key file of a service account, or run the server on Google Cloud with a service account, or sign in with " +
	"“gcloud auth application-default login --impersonate-service-account=<account>”; for a test server, set " +
	variableEmulator + " to its host:port")

// errCannotSign says what to do.
var errCannotSign = errors.New("the credentials belong to no service account, and only one can sign URLs: set " +
	variableKey + " to the key file of a service account, or sign in with “gcloud auth application-default login " +
	"--impersonate-service-account=<account>”")

// signer signs for a service account: RSA with SHA-256, PKCS #1 v1.5.
type signer interface {
	account() string // its e-mail address
	sign(ctx context.Context, text []byte) ([]byte, error)
}

// signIn finds the credentials and decides how URLs are signed.
func (c *cloud) signIn(ctx context.Context, getenv func(string) string, at places) error {
	c.storage = at.storage
	c.client = &http.Client{Transport: c.transport, CheckRedirect: asIs}
	if host := getenv(variableEmulator); host != "" {
		return c.useEmulator(host, getenv(variableKey))
	}
	// Tokens are fetched whenever one is needed, also long after ctx has ended.
	ctx = context.WithValue(context.WithoutCancel(ctx), oauth2.HTTPClient,
		&http.Client{Transport: c.transport, Timeout: tokenTimeout})
	credentials, err := findCredentials(ctx, getenv(variableKey))
	if err != nil {
		return err
	}
	c.client.Transport = &oauth2.Transport{Source: credentials.TokenSource, Base: c.transport}
	if c.signer, err = c.signerOf(ctx, credentials, at); err != nil {
		return err
	}
	return nil
}

// asIs keeps redirects from being followed: 308 means something else here.
func asIs(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// useEmulator works with a test server, without signing in. It signs with the key file where there is one, else with
// a key that nobody knows: such a server compares signatures only if it was told the key.
func (c *cloud) useEmulator(host, keyFile string) (err error) {
	if !strings.Contains(host, "://") {
		host = "http://" + host
	}
	parsed, err := parsePublicURL(strings.TrimSuffix(host, "/"))
	if err != nil || parsed.Path != "" {
		return errors.New(variableEmulator + " must be like 127.0.0.1:4443")
	}
	c.storage = parsed.String()
	c.logger.Warn("the bucket is a test server's, as "+variableEmulator+" says", "address", c.storage)
	if keyFile != "" {
		text, err := readKeyFile(keyFile)
		if err != nil {
			return err
		}
		c.signer, err = keyOfAccount(text)
		return err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	c.signer = &keySigner{email: "entrepot@emulator.invalid", key: key}
	return err
}

func readKeyFile(name string) ([]byte, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the file that %s names: %w", variableKey, err)
	}
	return text, nil
}

// accountFile is what is read of a credentials file.
type accountFile struct {
	Type          string `json:"type"`
	ClientEmail   string `json:"client_email"`
	PrivateKey    string `json:"private_key"`
	Impersonation string `json:"service_account_impersonation_url"`
}

// findCredentials looks where Google's tools do: in the file that is named, in that of gcloud, on the machine.
func findCredentials(ctx context.Context, keyFile string) (*google.Credentials, error) {
	if keyFile == "" {
		credentials, err := google.FindDefaultCredentials(ctx, scope)
		if err != nil {
			return nil, errNoCredentials // the cause is that there are none, or names a file of gcloud's
		}
		return credentials, nil
	}
	text, err := readKeyFile(keyFile)
	if err != nil {
		return nil, err
	}
	var file accountFile
	if json.Unmarshal(text, &file) != nil || file.Type == "" {
		return nil, errors.New("the file that " + variableKey + " names is no credentials file of Google's, which is JSON " +
			"with a type")
	}
	// The file is the operator's own, as the variable that names it.
	credentials, err := google.CredentialsFromJSONWithType(ctx, text, google.CredentialsType(file.Type), scope)
	if err != nil {
		return nil, fmt.Errorf("use the file that %s names: %w", variableKey, err)
	}
	return credentials, nil
}

// signerOf is the account's key where the credentials hold it. Else Google signs, as the account that they stand for.
func (c *cloud) signerOf(ctx context.Context, credentials *google.Credentials, at places) (signer, error) {
	remote := &remoteSigner{cloud: c, service: at.signing}
	if len(credentials.JSON) == 0 { // on a machine of Google's
		email, err := metadata.EmailWithContext(ctx, "default")
		if err != nil || email == "" {
			return nil, errors.New("this machine of Google Cloud has no service account: give it one")
		}
		remote.email = email
		return remote, nil
	}
	var file accountFile
	if err := json.Unmarshal(credentials.JSON, &file); err != nil {
		return nil, errCannotSign
	}
	if file.PrivateKey != "" {
		return keyOfAccount(credentials.JSON)
	}
	// …/serviceAccounts/<email>:generateAccessToken
	email, _, _ := strings.Cut(path.Base(file.Impersonation), ":")
	if !strings.Contains(email, "@") {
		return nil, errCannotSign
	}
	remote.email = email
	return remote, nil
}

// keySigner signs with a key of the account.
type keySigner struct {
	email string
	key   *rsa.PrivateKey
}

// keyOfAccount reads the key file of a service account. Its errors do not repeat any of it.
func keyOfAccount(text []byte) (*keySigner, error) {
	var file accountFile
	if json.Unmarshal(text, &file) != nil || file.ClientEmail == "" || file.PrivateKey == "" {
		return nil, errors.New("the file that " + variableKey + " names is no key file of a service account")
	}
	unreadable := errors.New("the private key in the file that " + variableKey + " names cannot be read")
	block, _ := pem.Decode([]byte(file.PrivateKey))
	if block == nil {
		return nil, unreadable
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return nil, unreadable
		}
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, unreadable
	}
	return &keySigner{email: file.ClientEmail, key: key}, nil
}

func (s *keySigner) account() string { return s.email }

func (s *keySigner) sign(_ context.Context, text []byte) ([]byte, error) {
	sum := sha256.Sum256(text)
	return rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, sum[:])
}

// remoteSigner has Google sign, by signBlob of the IAM Service Account Credentials API. The account needs the role
// roles/iam.serviceAccountTokenCreator on itself.
type remoteSigner struct {
	cloud   *cloud
	service string
	email   string
}

func (s *remoteSigner) account() string { return s.email }

func (s *remoteSigner) sign(ctx context.Context, text []byte) ([]byte, error) {
	body, err := json.Marshal(map[string][]byte{"payload": text})
	if err != nil {
		return nil, err
	}
	var answer struct {
		SignedBlob string `json:"signedBlob"`
	}
	err = s.cloud.retry(ctx, func() error {
		got, err := s.cloud.send(ctx, call{
			method: http.MethodPost, body: body, header: map[string]string{"Content-Type": "application/json"},
			url: s.service + "/v1/projects/-/serviceAccounts/" + escape(s.email, "@") + ":signBlob",
		})
		if err != nil {
			return err
		}
		return read(got, &answer)
	})
	if err != nil {
		if status(err) == http.StatusNotFound {
			err = &faultError{text: "there is no such service account"}
		}
		return nil, err
	}
	signature, err := base64.StdEncoding.DecodeString(answer.SignedBlob)
	if err != nil || len(signature) == 0 {
		return nil, &faultError{text: "the service that signs sent no signature"}
	}
	return signature, nil
}
