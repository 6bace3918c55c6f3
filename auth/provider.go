package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"entrepot/database"
	"entrepot/ent"
	"entrepot/ent/user"
	"entrepot/viewer"
)

// Provider is an identity provider whose tokens count in place of our own: JWTs signed with HS256 and a shared secret.
//
// A token must have iss, aud, sub and exp; nbf and iat count where they stand. The person is the one with that subject,
// or, at the first sign-in, the one with the address of the claim email, unless email_verified says that it is not
// theirs. Nobody is made: who may sign in was added to an organization before.
type Provider struct {
	// Secret signs; at least MinSecretBytes.
	Secret []byte
	// Issuer is what iss must be, and Audience what aud must be or have in it; both required.
	Issuer, Audience string
}

const (
	// clockSkew is how far the provider's clock may be from ours.
	clockSkew = 30 * time.Second
	// maxProviderBytes is as much as proxies let a header be.
	maxProviderBytes = 8 << 10
	// maxSubject is what the database keeps of one, in characters.
	maxSubject = 255
)

// ErrProvider is the error of what the built-in sign-in alone can do, where there is a Provider.
var ErrProvider = errors.New("people sign in through the identity provider here: it makes the tokens")

func (p *Provider) problems() (problems []error) {
	if len(p.Secret) < MinSecretBytes {
		problems = append(problems, fmt.Errorf("the identity provider's secret has %d bytes; it needs at least %d",
			len(p.Secret), MinSecretBytes))
	}
	if p.Issuer == "" {
		problems = append(problems, errors.New("the identity provider's issuer is missing"))
	}
	if p.Audience == "" {
		problems = append(problems, errors.New("the audience of the identity provider's tokens is missing"))
	}
	return problems
}

// profile is what a provider's token says of the person.
type profile struct {
	subject  string
	Email    string `json:"email"`
	Verified any    `json:"email_verified"` // some write it as a text
}

// address is the e-mail address that the provider vouches for, as it is stored; empty where there is none.
func (p *profile) address() string {
	switch p.Verified {
	case nil, true, "true":
		return strings.ToLower(strings.TrimSpace(p.Email))
	}
	return ""
}

// verify reads a token of the provider.
func (p *Provider) verify(token string, now time.Time) (who profile, expires time.Time, err error) {
	const again = "Sign in again: "
	if len(token) > maxProviderBytes {
		return who, expires, unauthenticated(again + "the bearer token is not one of the identity provider.")
	}
	var claims jwt.Claims
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{algorithm})
	if err == nil {
		err = parsed.Claims(p.Secret, &claims, &who) // compares the signature in constant time
	}
	who.subject = claims.Subject
	if err != nil || who.subject == "" || utf8.RuneCountInString(who.subject) > maxSubject || claims.Expiry == nil ||
		strings.ContainsRune(who.subject, 0) {
		return who, expires, unauthenticated(again + "the bearer token is not one of the identity provider.")
	}
	expires = claims.Expiry.Time().Add(clockSkew).UTC()
	if !now.Before(expires) {
		return who, expires, unauthenticated(again+"the bearer token expired at %s.",
			claims.Expiry.Time().UTC().Format(time.RFC3339))
	}
	if err := claims.ValidateWithLeeway(jwt.Expected{
		Issuer: p.Issuer, AnyAudience: jwt.Audience{p.Audience}, Time: now,
	}, clockSkew); err != nil {
		return who, expires, unauthenticated(again + "the bearer token was not issued for this server, or not yet.")
	}
	return who, expires, nil
}

// person is the id of whom the provider's token names.
func (a *Authenticator) person(ctx context.Context, who profile) (id string, err error) {
	found, err := a.lookUp(ctx, who.subject, user.Subject(who.subject))
	if err != nil || found != nil {
		return idOf(found), err
	}
	email := who.address()
	if email != "" {
		if found, err = a.lookUp(ctx, email, user.Email(email)); err != nil {
			return "", err
		}
	}
	switch {
	case email == "":
		return "", unauthenticated("Nobody here is known by that account of the identity provider, and its token has no " +
			"verified e-mail address to find you by.")
	case found == nil:
		return "", unauthenticated("You belong to no organization. Ask an owner to add you, as %q.", shown(email))
	case found.Subject != nil && *found.Subject == who.subject: // since the first look
		return found.ID, nil
	case found.Subject != nil:
		return "", unauthenticated("The e-mail address %q belongs to another account of the identity provider.", shown(email))
	}
	return found.ID, a.link(ctx, found.ID, who.subject)
}

// link remembers, at the first sign-in, who the provider says that the person is.
func (a *Authenticator) link(ctx context.Context, id, subject string) error {
	linked := 0
	err := a.db.Do(viewer.NewContext(ctx, viewer.SignIn("auth", id)), "link account", func(ctx context.Context) (err error) {
		linked, err = a.db.Client().User.Update().Where(user.ID(id), user.SubjectIsNil()).SetSubject(subject).Save(ctx)
		return err
	})
	_, taken := database.AsConstraint(err)
	switch {
	case err != nil && !taken:
		return fmt.Errorf("link account: %w", err)
	case linked == 1 && err == nil:
		a.log.InfoContext(ctx, "a person signed in through the identity provider for the first time", "user", id)
		return nil
	}
	// Another request was faster: with the same account, or not.
	found, err := a.lookUp(ctx, subject, user.Subject(subject))
	if err == nil && idOf(found) != id {
		err = unauthenticated("That e-mail address belongs to another account of the identity provider.")
	}
	return err
}

func idOf(u *ent.User) string {
	if u == nil {
		return ""
	}
	return u.ID
}
