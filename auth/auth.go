// Package auth turns a bearer token into a viewer: who asks, in which organization, group and role, until when.
//
// server mounts its middleware before everything else; graph asks it about WebSockets, whose token comes with their
// first message. Tokens are an identity provider's, or those of the built-in sign-in, for loopback only: the server signs
// them itself, and gives the first one for a one-time code that it prints at start. Beside either there are API tokens,
// which owners make for programs, and revoke, here.
//
// It promises that only tokens of the one key count and only while they last, that rights are read from the database at
// every request (an ended membership counts no more), and that the current organization and group are the person's own.
// It reads as the person who signs in, never through all tenants. There are no cookies. It may import ent, viewer,
// database, definition, refusal and prefixid.
package auth

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"

	"entrepot/database"
)

// ErrUnauthenticated is in the chain of every error that signing in again, or asking for one's own organization and
// group, puts right.
var ErrUnauthenticated = errors.New("not signed in")

// UnauthenticatedError says why a token, or what was asked for with it, does not count. It is ErrUnauthenticated.
type UnauthenticatedError struct {
	// Message says it in a sentence for the client. It quotes nothing of the token.
	Message string
}

// Error is the message.
func (e *UnauthenticatedError) Error() string { return e.Message }

// Unwrap is ErrUnauthenticated.
func (*UnauthenticatedError) Unwrap() error { return ErrUnauthenticated }

func unauthenticated(format string, args ...any) error {
	return &UnauthenticatedError{fmt.Sprintf(format, args...)}
}

// Config says how people sign in.
type Config struct {
	// DB holds the memberships; required.
	DB *database.DB
	// Secret is what the key of tokens is derived from; at least MinSecretBytes. Replicas share it. It means nothing with
	// a Provider.
	Secret []byte
	// Provider makes the tokens; nil is the built-in sign-in.
	Provider *Provider
	// TokenLife is how long a token lasts; 0 is 12 hours.
	TokenLife time.Duration
	// CodeLife is how long a one-time code waits to be used; 0 is ten minutes.
	CodeLife time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Logger gets what is not the client's fault; nil discards it.
	Logger *slog.Logger
	// Away answers a request whose viewer cannot be read because the database is away, and logs why, where an API has a
	// way of its own to say so; false leaves both to the Authenticator. It may be nil.
	Away func(w http.ResponseWriter, r *http.Request, cause error) bool
}

const (
	defaultTokenLife = 12 * time.Hour
	defaultCodeLife  = 10 * time.Minute
)

// Authenticator knows who may sign in. Its methods may be called from any goroutine.
type Authenticator struct {
	db        *database.DB
	provider  *Provider // nil: built in, with what follows
	key       []byte
	signer    jose.Signer
	tokenLife time.Duration
	now       func() time.Time
	log       *slog.Logger
	away      func(w http.ResponseWriter, r *http.Request, cause error) bool
	codes     *codes
	tries     *bucket
	uses      uses
}

// New makes an authenticator. Its error names everything that is wrong with the configuration.
func New(c Config) (*Authenticator, error) {
	var problems []error
	if c.DB == nil {
		problems = append(problems, errors.New("the database is missing"))
	}
	if c.Provider != nil {
		problems = append(problems, c.Provider.problems()...)
	} else if len(c.Secret) < MinSecretBytes {
		problems = append(problems, fmt.Errorf("the secret has %d bytes; it needs at least %d",
			len(c.Secret), MinSecretBytes))
	}
	if c.TokenLife < 0 || c.CodeLife < 0 {
		problems = append(problems, errors.New("the life of tokens and codes must not be negative"))
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("configure sign-in: %w", errors.Join(problems...))
	}
	if c.TokenLife == 0 {
		c.TokenLife = defaultTokenLife
	}
	if c.CodeLife == 0 {
		c.CodeLife = defaultCodeLife
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Away == nil {
		c.Away = func(http.ResponseWriter, *http.Request, error) bool { return false }
	}
	if c.Provider != nil {
		return &Authenticator{db: c.DB, provider: c.Provider, now: c.Now, log: c.Logger, away: c.Away}, nil
	}
	// A key of its own, so that what else the secret signs can never pass for a token.
	key, err := hkdf.Key(sha256.New, c.Secret, nil, "entrepot tokens 1", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("configure sign-in: derive key: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("configure sign-in: %w", err)
	}
	return &Authenticator{
		db: c.DB, key: key, signer: signer, tokenLife: c.TokenLife, now: c.Now, log: c.Logger,
		away:  c.Away,
		codes: &codes{life: c.CodeLife, now: c.Now, waiting: map[[sha256.Size]byte]waiting{}},
		tries: &bucket{now: c.Now, size: 10, every: time.Second},
	}, nil
}
