// Package rule holds the privacy policies of the Ent types: who reads which rows, who writes which. It is the first wall between
// tenants (on PostgreSQL row-level security is the second) and the place where roles are enforced for every caller: GraphQL,
// REST and workers alike.
//
// It is called by the generated code at every query and mutation. It knows viewer and small interfaces of the generated
// builders, never the generated package itself. Every policy ends in an explicit allow or deny.
package rule

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/privacy"

	"entrepot/viewer"
)

// ErrForbidden is in the chain of every refusal by a policy.
var ErrForbidden = errors.New("not allowed")

// filtered is a query or mutation that takes predicates on its own table.
type filtered interface {
	WhereP(...func(*sql.Selector))
}

// Predicate narrows a statement on one table to what a viewer of an organization may reach.
type Predicate func(v viewer.Viewer, s *sql.Selector)

// Policy says who may do what with the rows of one type. It implements ent.Policy.
type Policy struct {
	// Visible narrows what a viewer of one organization, or a viewer.SignIn, reads; it is not asked for a
	// viewer.Everywhere.
	Visible Predicate
	// Owned narrows what may be changed further than what may be read, by who has an organization; nil means as Visible.
	Owned Predicate
	// Stamp are the columns that a create takes from the viewer, never from its caller.
	Stamp []Stamp
	// Read is the lowest role that reads rows; empty means every role.
	Read viewer.Role
	// Bearer narrows what a viewer.ByToken reads; nil means nothing.
	Bearer Predicate
	// SignIn narrows what a viewer.SignIn changes; nil means nothing.
	SignIn Predicate
	// Write is the lowest role that creates and changes rows; empty means parts of the server only.
	Write viewer.Role
}

// Stamp is one column of new rows and where its value comes from.
type Stamp struct {
	Column string
	Value  func(viewer.Viewer) string
	// Given keeps a value that the caller has set where the viewer has none of its own: a worker acts for
	// every group and person of its organization.
	Given bool
	// Optional leaves the column empty where the viewer has no value.
	Optional bool
}

// EvalQuery denies without a viewer and narrows every query to what the viewer sees.
func (p Policy) EvalQuery(ctx context.Context, q ent.Query) error {
	v, ok := viewer.FromContext(ctx)
	switch {
	case !ok:
		return deny("%T without a viewer", q)
	case v.Everywhere():
		return privacy.Allow
	case v.Bearing() && p.Bearer != nil:
		return narrow(q, v, p.Bearer)
	case v.OrganizationID == "" && !v.SigningIn():
		return deny("%T without an organization", q)
	case v.Component == "" && p.Read != "" && !v.Role.Includes(p.Read):
		return deny("%T as %s", q, v.Role)
	}
	return narrow(q, v, p.Visible)
}

// EvalMutation denies without a viewer or below the role, stamps new rows with the viewer's tenant, and narrows
// changes to what the viewer owns.
func (p Policy) EvalMutation(ctx context.Context, m ent.Mutation) error {
	v, ok := viewer.FromContext(ctx)
	switch {
	case !ok:
		return deny("%s of %s without a viewer", m.Op(), m.Type())
	case v.Everywhere():
		return privacy.Allow
	case v.SigningIn() && p.SignIn != nil && !m.Op().Is(ent.OpCreate):
		return narrow(m, v, p.SignIn)
	case v.OrganizationID == "":
		return deny("%s of %s without an organization", m.Op(), m.Type())
	case v.Component == "" && (p.Write == "" || !v.Role.Includes(p.Write)):
		return deny("%s of %s as %s", m.Op(), m.Type(), v.Role)
	}
	if m.Op().Is(ent.OpCreate) {
		return p.stamp(v, m)
	}
	owned := p.Owned
	if owned == nil {
		owned = p.Visible
	}
	return narrow(m, v, owned)
}

func (p Policy) stamp(v viewer.Viewer, m ent.Mutation) error {
	for _, s := range p.Stamp {
		want := s.Value(v)
		have, set := m.Field(s.Column)
		if set && s.Given && v.Component != "" {
			continue
		}
		if want == "" && s.Optional && !set {
			continue
		}
		if want == "" {
			return deny("create of %s without %s", m.Type(), s.Column)
		}
		if set && have != want {
			return deny("create of %s for another %s", m.Type(), s.Column)
		}
		if err := m.SetField(s.Column, want); err != nil {
			return fmt.Errorf("stamp %s: %w", m.Type(), err)
		}
	}
	return privacy.Allow
}

func narrow(target any, v viewer.Viewer, where Predicate) error {
	f, ok := target.(filtered)
	if !ok || where == nil {
		return deny("%T cannot be narrowed", target)
	}
	f.WhereP(func(s *sql.Selector) { where(v, s) })
	return privacy.Allow
}

func deny(format string, args ...any) error {
	return fmt.Errorf("%w: %w", privacy.Denyf(format, args...), ErrForbidden)
}

// Organization is the stamp of the viewer's organization.
func Organization() Stamp {
	return Stamp{Column: "organization_id", Value: func(v viewer.Viewer) string { return v.OrganizationID }}
}

// Group is the stamp of the viewer's group.
func Group() Stamp {
	return Stamp{Column: "group_id", Value: func(v viewer.Viewer) string { return v.GroupID }, Given: true}
}

// GroupIfAny is the stamp of the viewer's group on rows that whoever belongs to none makes too.
func GroupIfAny() Stamp {
	s := Group()
	s.Optional = true
	return s
}

// User is the stamp of the person who asks.
func User(column string) Stamp {
	return Stamp{Column: column, Value: func(v viewer.Viewer) string { return v.UserID }, Given: true}
}
