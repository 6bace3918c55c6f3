package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
)

const (
	// party is who issues tokens and whom they are for.
	party     = "entrepot"
	algorithm = jose.HS256
	// maxTokenBytes is far more than a token of ours has.
	maxTokenBytes = 4096
)

// Identity is whom a token names: a person, and where that person is unless the request says otherwise.
type Identity struct {
	UserID string
	// OrganizationID may be empty: then it is the person's first.
	OrganizationID string
	// GroupID may be empty: then it is the person's first in the organization.
	GroupID string
}

// place are the claims of our own.
type place struct {
	OrganizationID string `json:"org,omitempty"`
	GroupID        string `json:"grp,omitempty"`
}

// Issue makes a bearer token for a person, and tells when it expires. It does not look whether the person exists:
// Viewer does, each time that the token comes back. With a Provider the error is ErrProvider.
func (a *Authenticator) Issue(who Identity) (token string, expires time.Time, err error) {
	if a.provider != nil {
		return "", time.Time{}, ErrProvider
	}
	now := a.now().Truncate(time.Second)
	expires = now.Add(a.tokenLife)
	id, err := uuid.NewRandom()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("issue token: %w", err)
	}
	token, err = jwt.Signed(a.signer).Claims(jwt.Claims{
		Issuer: party, Subject: who.UserID, Audience: jwt.Audience{party},
		Expiry: jwt.NewNumericDate(expires), IssuedAt: jwt.NewNumericDate(now), ID: id.String(),
	}).Claims(place{who.OrganizationID, who.GroupID}).Serialize()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("issue token: %w", err)
	}
	return token, expires, nil
}

// identify is whom a token names that counts.
func (a *Authenticator) identify(ctx context.Context, token string) (who Identity, expires time.Time, err error) {
	if token == "" {
		return who, expires, unauthenticated("Sign in: the request has no bearer token.")
	}
	if a.provider == nil {
		return a.verify(token)
	}
	claimed, expires, err := a.provider.verify(token, a.now())
	if err == nil {
		who.UserID, err = a.person(ctx, claimed)
	}
	return who, expires, err
}

// verify reads a token that this server has signed and that lasts.
func (a *Authenticator) verify(token string) (who Identity, expires time.Time, err error) {
	const again = "Sign in again: "
	if len(token) > maxTokenBytes {
		return who, expires, unauthenticated(again + "the bearer token is not one of this server.")
	}
	var claims jwt.Claims
	var p place
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{algorithm})
	if err == nil {
		err = parsed.Claims(a.key, &claims, &p) // compares the signature in constant time
	}
	if err != nil || claims.Subject == "" || claims.Expiry == nil || claims.ID == "" {
		return who, expires, unauthenticated(again + "the bearer token is not one of this server.")
	}
	if !a.now().Before(claims.Expiry.Time()) {
		return who, expires, unauthenticated(again+"the bearer token expired at %s.",
			claims.Expiry.Time().UTC().Format(time.RFC3339))
	}
	if err := claims.ValidateWithLeeway(jwt.Expected{
		Issuer: party, AnyAudience: jwt.Audience{party}, Time: a.now(),
	}, 0); err != nil {
		return who, expires, unauthenticated(again + "the bearer token was not issued for this server.")
	}
	return Identity{claims.Subject, p.OrganizationID, p.GroupID}, claims.Expiry.Time().UTC(), nil
}
