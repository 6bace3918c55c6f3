// Package viewer says who is asking: a person in one organization and one group, with a role, or a named part of the
// server itself. Package auth makes viewers, everything else only reads them from the context.
//
// It is a leaf: it imports the standard library only.
package viewer

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// Role is what a member may do in an organization; each includes the ones before it.
type Role string

// The roles, from the least to the most.
const (
	RoleViewer    Role = "VIEWER"    // reads
	RoleCollector Role = "COLLECTOR" // uploads, stores histories, starts, cancels and retries imports
	RoleManager   Role = "MANAGER"   // writes definitions and sites
	RoleOwner     Role = "OWNER"     // manages members, groups and tokens
)

var ranks = []Role{RoleViewer, RoleCollector, RoleManager, RoleOwner}

// Values lists the roles from the least to the most.
func (Role) Values() []string {
	names := make([]string, len(ranks))
	for i, r := range ranks {
		names[i] = string(r)
	}
	return names
}

// Includes tells whether r may do what least may. A role that is not one of the four includes nothing.
func (r Role) Includes(least Role) bool {
	have := slices.Index(ranks, r)
	return have >= 0 && have >= slices.Index(ranks, least)
}

// MarshalGQL writes the enum's name.
func (r Role) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(r))) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (r *Role) UnmarshalGQL(in any) error {
	s, ok := in.(string)
	if !ok || !slices.Contains(ranks, Role(s)) {
		return fmt.Errorf("%v is not one of the allowed values", in)
	}
	*r = Role(s)
	return nil
}

// Viewer is who is asking. The zero value may do nothing.
type Viewer struct {
	// UserID is the person; empty for a part of the server.
	UserID string
	// OrganizationID is the current organization; empty only for a part of the server that works across tenants, and for
	// a person who signs in.
	OrganizationID string
	// GroupID is the current group; empty where the person belongs to none.
	GroupID string
	// Role is the person's role in the current organization.
	Role Role
	// Component names the part of the server that acts, such as "importer"; empty for a person.
	Component string
	// TokenID is the API token that the person's program came with; empty otherwise.
	TokenID string
	// TokenHash is what an API token is known by to the part of the server that looks it up; see ByToken. Empty otherwise.
	TokenHash string
	// ExpiresAt is when the token ends that the person came with; zero when it does not.
	ExpiresAt time.Time
}

// System is a part of the server that acts across organizations: look-ups of sign-in, sweeps. Row-level security shows
// it no tenant's row.
func System(component string) Viewer {
	return Viewer{Component: component}
}

// Worker is a part of the server that acts for one organization and all its groups.
func Worker(component, organizationID string) Viewer {
	return Viewer{Component: component, OrganizationID: organizationID, Role: RoleOwner}
}

// SignIn is a part of the server that finds out where a person belongs, before an organization is chosen: it reaches
// what is the person's own in all organizations, and nothing else.
func SignIn(component, userID string) Viewer {
	return Viewer{Component: component, UserID: userID}
}

// ByToken is a part of the server that finds out whom an API token is of, before anybody's id is known: it reads the one
// token with that hash, and nothing else.
func ByToken(component, hash string) Viewer {
	return Viewer{Component: component, TokenHash: hash}
}

// Bearing tells whether v is of ByToken.
func (v Viewer) Bearing() bool {
	return v.Component != "" && v.TokenHash != "" && v.OrganizationID == "" && v.UserID == ""
}

// SigningIn tells whether v is of SignIn.
func (v Viewer) SigningIn() bool {
	return v.Component != "" && v.OrganizationID == "" && v.UserID != ""
}

// Everywhere tells whether v acts across organizations.
func (v Viewer) Everywhere() bool {
	return v.Component != "" && v.OrganizationID == "" && v.UserID == "" && v.TokenHash == ""
}

// AllGroups tells whether v sees all groups of its organization.
func (v Viewer) AllGroups() bool { return v.Component != "" }

// Scope is what a viewer's rights depend on: viewers of one scope see the same.
type Scope struct {
	OrganizationID, GroupID string
	Role                    Role
}

// Scope is v's scope.
func (v Viewer) Scope() Scope {
	return Scope{OrganizationID: v.OrganizationID, GroupID: v.GroupID, Role: v.Role}
}

type contextKey struct{}

// NewContext is ctx with v asking.
func NewContext(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, contextKey{}, v)
}

// FromContext is who asks in ctx; false where nobody does.
func FromContext(ctx context.Context) (Viewer, bool) {
	v, ok := ctx.Value(contextKey{}).(Viewer)
	return v, ok
}
