package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"entrepot/ent/rule"
	"entrepot/prefixid"
)

// User is a person, in any number of organizations.
type User struct{ ent.Schema }

// Fields of the User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		id(prefixid.User),
		field.String("name").MaxRuneLen(255).NotEmpty(),
		field.String("email").MaxRuneLen(320).NotEmpty().Unique().
			Comment("Lower case."),
		field.String("subject").MaxRuneLen(255).Optional().Nillable().Unique().
			Comment("Who the identity provider says that it is; set at the first sign-in through one."),
		createdAt(),
		updatedAt(),
	}
}

// Policy of the User: colleagues, past ones too, read each other; the server writes, and so does who signs in, for one.
func (User) Policy() ent.Policy {
	return rule.Policy{Visible: rule.ColleagueOrSelf, Owned: rule.Nothing, SignIn: rule.Self}
}
