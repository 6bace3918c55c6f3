package seed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent/user"
	"entrepot/prefixid"
	"entrepot/viewer"
)

// NewOrganization is an organization to be made, with its first group and owner.
type NewOrganization struct {
	Name string // required
	// Slug is the short name, unique among all; made from the name where it is empty.
	Slug string
	// Group is the name of the first group; the organization's where it is empty.
	Group string
	// OwnerEmail is required. Somebody with that address is the owner, or is made so, with OwnerName, or else the address.
	OwnerEmail, OwnerName string
}

const (
	maxName, maxEmail, maxSlug = 255, 320, 63
)

var slugs = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// CreateOrganization makes an organization and gives its id. Its error names everything that is wrong with n, or that
// the short name is taken; then nothing was made.
func CreateOrganization(ctx context.Context, db *database.DB, n NewOrganization) (id string, err error) {
	if err := n.complete(); err != nil {
		return "", fmt.Errorf("create organization: %w", err)
	}
	owner, err := findPerson(ctx, db, n.OwnerEmail)
	if err != nil {
		return "", fmt.Errorf("create organization: %w", err)
	}
	b, ctx := begin(ctx, db)
	err = db.Do(ctx, "create organization", func(ctx context.Context) error {
		if err := b.organization(ctx, n.Name, n.Slug); err != nil {
			return err
		}
		group, err := b.group(ctx, n.Group)
		if err != nil {
			return err
		}
		if owner == "" {
			if owner, err = b.person(ctx, n.OwnerName, n.OwnerEmail); err != nil {
				return err
			}
		}
		return b.join(ctx, owner, viewer.RoleOwner, group)
	})
	if slugTaken(err) {
		return "", fmt.Errorf("create organization: there is one with the short name %q", n.Slug)
	}
	return b.id, err
}

// complete trims n, sets what was left open, and says what is wrong.
func (n *NewOrganization) complete() error {
	for _, text := range []*string{&n.Name, &n.Slug, &n.Group, &n.OwnerEmail, &n.OwnerName} {
		*text = strings.TrimSpace(*text)
	}
	n.OwnerEmail = strings.ToLower(n.OwnerEmail)
	n.Slug = cmp.Or(n.Slug, slugOf(n.Name))
	n.Group = cmp.Or(n.Group, n.Name)
	if n.OwnerName == "" && n.OwnerEmail != "" {
		n.OwnerName = string([]rune(n.OwnerEmail)[:min(maxName, utf8.RuneCountInString(n.OwnerEmail))])
	}
	var problems []error
	for _, text := range []struct{ what, value string }{
		{"name", n.Name}, {"group's name", n.Group}, {"owner's name", n.OwnerName},
	} {
		switch {
		case text.value == "":
			problems = append(problems, fmt.Errorf("the %s is missing", text.what))
		case utf8.RuneCountInString(text.value) > maxName || strings.ContainsFunc(text.value, unicode.IsControl):
			problems = append(problems, fmt.Errorf("the %s must have at most %d characters, and no control characters",
				text.what, maxName))
		}
	}
	if n.Name != "" && (len(n.Slug) > maxSlug || !slugs.MatchString(n.Slug)) {
		problems = append(problems,
			fmt.Errorf("the short name %q must be of a-z, 0-9 and - between them, at most %d", n.Slug, maxSlug))
	}
	address, err := mail.ParseAddress(n.OwnerEmail)
	if err != nil || address.Address != n.OwnerEmail || utf8.RuneCountInString(n.OwnerEmail) > maxEmail {
		problems = append(problems, fmt.Errorf("the owner %q must be an e-mail address", n.OwnerEmail))
	}
	return errors.Join(problems...)
}

// slugOf makes a short name of a name: “Ölçüm A.Ş.” is olcum-a-s.
func slugOf(name string) string {
	words := strings.FieldsFunc(definition.NormalizeName(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	slug := strings.Join(words, "-")
	return strings.Trim(slug[:min(len(slug), maxSlug)], "-")
}

// builder makes an organization, as a worker of it: on PostgreSQL nobody else may.
type builder struct {
	db *database.DB
	id string
}

// begin gives an organization its id, and the context in which it is made.
func begin(ctx context.Context, db *database.DB) (builder, context.Context) {
	id := prefixid.New(prefixid.Organization)
	return builder{db, id}, viewer.NewContext(ctx, viewer.Worker("seed", id))
}

func (b builder) organization(ctx context.Context, name, slug string) error {
	return b.db.Client().Organization.Create().SetID(b.id).SetName(name).SetSlug(slug).Exec(ctx)
}

func (b builder) group(ctx context.Context, name string) (id string, err error) {
	g, err := b.db.Client().Group.Create().SetOrganizationID(b.id).SetName(name).Save(ctx)
	if err != nil {
		return "", err
	}
	return g.ID, nil
}

func (b builder) person(ctx context.Context, name, email string) (id string, err error) {
	id = prefixid.New(prefixid.User)
	return id, b.db.Client().User.Create().SetID(id).SetName(name).SetEmail(email).Exec(ctx)
}

func (b builder) join(ctx context.Context, user string, role viewer.Role, groups ...string) error {
	c := b.db.Client()
	if err := c.Membership.Create().SetOrganizationID(b.id).SetUserID(user).SetRole(role).Exec(ctx); err != nil {
		return err
	}
	for _, g := range groups {
		if err := c.GroupMembership.Create().SetOrganizationID(b.id).SetUserID(user).SetGroupID(g).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// findPerson is the id of whoever has that e-mail address; empty where nobody has.
func findPerson(ctx context.Context, db *database.DB, email string) (id string, err error) {
	ctx = viewer.NewContext(ctx, viewer.System("seed"))
	err = db.LookUp(ctx, email, func(ctx context.Context) error {
		ids, err := db.Client().User.Query().Where(user.Email(email)).IDs(ctx)
		if len(ids) > 0 {
			id = ids[0]
		}
		return err
	})
	return id, err
}

// slugTaken tells that another organization has the short name.
func slugTaken(err error) bool {
	c, ok := database.AsConstraint(err)
	return ok && c.Kind == database.Unique && c.Name == "organizations.slug"
}
