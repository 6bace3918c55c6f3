package main

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"entrepot/auth"
	"entrepot/seed"
	"entrepot/storage"
	"entrepot/upload"
	"entrepot/viewer"
)

// setting is one value that a command takes from a flag, or else from the environment.
type setting struct {
	flag, env string
	value     string // the default, until it is read
	help      string
	bool      bool // the flag stands alone
}

// settings are those of every command that works with the data.
func settings() []*setting {
	return slices.Concat([]*setting{
		{flag: "addr", env: "ENTREPOT_ADDR", value: "127.0.0.1:8080", help: "where to listen; port 0 takes a free one"},
		{flag: "data", env: "ENTREPOT_DATA", value: "./data", help: "folder of the database, the bucket and the signing key"},
		{flag: "url", env: "ENTREPOT_URL", help: "public address that links use; by default made from where it listens"},
		{
			flag: "secret", env: "ENTREPOT_SECRET",
			help: "signs tokens and bucket URLs; by default made in the data folder, or in the PostgreSQL database",
		},
		{
			flag: "database-url", env: "DATABASE_URL",
			help: "postgres://… as the application's role; by default SQLite in the data folder",
		},
		{
			flag: "migrate-database-url", env: "MIGRATE_DATABASE_URL",
			help: "the same as the role that owns the tables, to migrate at start",
		},
		{flag: "bucket-url", env: "BUCKET_URL", help: "gs://bucket/prefix, or file:///folder; by default in the data folder"},
		{flag: "jwt-secret", env: "JWT_SECRET", help: "an identity provider's: its HS256 tokens, and no others, sign in"},
		{flag: "oidc-issuer", env: "OIDC_ISSUER", help: "the claim iss of the provider's tokens; required with it"},
		{flag: "oidc-audience", env: "OIDC_AUDIENCE", help: "the claim aud of the provider's tokens; required with it"},
	}, retentionSettings(), []*setting{
		{flag: "demo", help: "make the demonstration on PostgreSQL too; SQLite has it always", bool: true},
		{flag: "verbose", help: "log every request", bool: true},
	})
}

// tokenSettings are those of the command token alone.
func tokenSettings() []*setting {
	return []*setting{
		{flag: "user", help: "e-mail address of the person"},
		{flag: "organization", help: "id, short name or name of the organization"},
		{flag: "group", help: "id or name of the group"},
		{flag: "role", help: "role of the person: " + strings.Join(viewer.Role("").Values(), ", ")},
	}
}

// organizationSettings are those of the command organization create alone.
func organizationSettings() []*setting {
	return []*setting{
		{flag: "name", help: "name of the organization"},
		{flag: "slug", help: "short name, of a-z, 0-9 and -; by default made from the name"},
		{flag: "owner", help: "e-mail address of the first owner"},
		{flag: "owner-name", help: "name of the first owner; by default the e-mail address"},
		{flag: "group", help: "name of the first group; by default that of the organization"},
	}
}

// unsupported are variables that mean something that this version cannot do. Going on without it would be worse than
// not starting: data would go to another place, or people would sign in another way, than the operator believes.
var unsupported = []struct{ env, why string }{
	{"JWKS_URL", "only JWT_SECRET and the built-in sign-in are supported so far"},
	{"ENTREPOT_ADMINS", "platform administrators are not supported so far"},
}

// usageError is everything that is wrong with how a command was called.
type usageError []string

// Error lists it, one to a line.
func (e usageError) Error() string { return strings.Join(e, "\n") }

func (e *usageError) add(format string, args ...any) { *e = append(*e, fmt.Sprintf(format, args...)) }

// read fills the settings from the arguments (--name value, --name=value) and the environment.
func read(all []*setting, args []string, getenv func(string) string) (wrong usageError) {
	for _, s := range all {
		if s.env != "" && getenv(s.env) != "" {
			s.value = getenv(s.env)
		}
	}
	for _, u := range unsupported {
		if getenv(u.env) != "" {
			wrong.add("%s is set, but %s: unset it", u.env, u.why)
		}
	}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		name, value, given := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		at := slices.IndexFunc(all, func(s *setting) bool { return s.flag == name })
		switch {
		case !strings.HasPrefix(arg, "-"):
			wrong.add("%q is not expected here", arg)
		case at < 0:
			wrong.add("there is no flag --%s", name)
		case all[at].bool && given:
			wrong.add("the flag --%s takes no value", name)
		case all[at].bool:
			all[at].value = "true"
		case given:
			all[at].value = value
		case len(args) == 0 || strings.HasPrefix(args[0], "--"):
			wrong.add("the flag --%s needs a value", name)
		default:
			all[at].value, args = args[0], args[1:]
		}
	}
	return wrong
}

// config is what a command works with, checked.
type config struct {
	addr     string
	data     string              // absolute
	public   *url.URL            // nil: made from where the server listens
	secret   string              // empty: made on first start
	database string              // postgres://…; empty: SQLite in the data folder
	migrate  string              // the same as the owner; may be empty
	bucket   string              // gs://… or file://…
	getenv   func(string) string // for what the bucket's own libraries call their variables
	provider *auth.Provider
	// retention is how long things are kept; 0 is for good.
	retention upload.Retention
	demo      bool
	verbose   bool
	wanted    auth.Wanted          // of the command token
	made      seed.NewOrganization // of the command organization create
}

// postgres tells whether the data is on PostgreSQL.
func (c *config) postgres() bool { return c.database != "" || c.migrate != "" }

// demonstrates tells whether the demonstration belongs into the database.
func (c *config) demonstrates() bool { return c.demo || !c.postgres() }

// newConfig reads and checks the settings; its error is a usageError with everything that is wrong.
func newConfig(all []*setting, args []string, getenv func(string) string) (config, error) {
	wrong := read(all, args, getenv)
	values := map[string]string{}
	for _, s := range all {
		values[s.flag] = strings.TrimSpace(s.value)
	}
	c := config{
		addr: values["addr"], getenv: getenv, secret: values["secret"], verbose: values["verbose"] != "", demo: values["demo"] != "",
		wanted: auth.Wanted{
			Email: values["user"], Organization: values["organization"], Group: values["group"],
			Role: viewer.Role(strings.ToUpper(values["role"])),
		},
		made: seed.NewOrganization{
			Name: values["name"], Slug: values["slug"], Group: values["group"],
			OwnerEmail: values["owner"], OwnerName: values["owner-name"],
		},
	}
	c.setProvider(values, &wrong)
	c.setAddress(values, &wrong)
	c.setPlaces(values, &wrong)
	c.setRetention(values, &wrong)
	if n := len(c.secret); n > 0 && n < auth.MinSecretBytes {
		wrong.add("--secret (ENTREPOT_SECRET) has %d characters: it needs at least %d", n, auth.MinSecretBytes)
	}
	if role := c.wanted.Role; role != "" && !slices.Contains(role.Values(), string(role)) {
		wrong.add("--role is %q: it must be one of %s", values["role"], strings.Join(role.Values(), ", "))
	}
	if len(wrong) > 0 {
		return c, wrong
	}
	return c, nil
}

// setProvider decides how people sign in.
func (c *config) setProvider(values map[string]string, wrong *usageError) {
	secret, issuer, audience := values["jwt-secret"], values["oidc-issuer"], values["oidc-audience"]
	switch {
	case secret == "" && issuer == "" && audience == "":
		return
	case secret == "":
		wrong.add("--oidc-issuer (OIDC_ISSUER) or --oidc-audience (OIDC_AUDIENCE) is given without " +
			"--jwt-secret (JWT_SECRET), and only tokens that are signed with that are supported so far")
		return
	case len(secret) < auth.MinSecretBytes:
		wrong.add("--jwt-secret (JWT_SECRET) has %d characters: it needs at least %d", len(secret), auth.MinSecretBytes)
	}
	if issuer == "" || audience == "" {
		wrong.add("--jwt-secret (JWT_SECRET) needs --oidc-issuer (OIDC_ISSUER) and --oidc-audience (OIDC_AUDIENCE): " +
			"a token that was made for another server must not count here")
	}
	c.provider = &auth.Provider{Secret: []byte(secret), Issuer: issuer, Audience: audience}
}

// setAddress checks where to listen, and what links say.
func (c *config) setAddress(values map[string]string, wrong *usageError) {
	host, port, err := net.SplitHostPort(c.addr)
	ip := net.ParseIP(host)
	switch {
	case err != nil || !isPort(port):
		wrong.add("--addr (ENTREPOT_ADDR) is %q: it must be host:port, such as 127.0.0.1:8080", c.addr)
	case c.provider == nil && !auth.Loopback(c.addr):
		wrong.add("--addr (ENTREPOT_ADDR) is %q: the built-in sign-in is for this machine alone, "+
			"so listen on loopback, such as 127.0.0.1:8080", c.addr)
	case (host == "" || ip.IsUnspecified()) && values["url"] == "":
		wrong.add("--addr (ENTREPOT_ADDR) is %q, which is no address to put into links: "+
			"say with --url (ENTREPOT_URL) how clients reach the server", c.addr)
	}
	if text := values["url"]; text != "" {
		if c.public, err = publicURL(text); err != nil {
			wrong.add("--url (ENTREPOT_URL) is %q: it must be like https://entrepot.example", text)
		}
	}
}

// setPlaces decides where the data is. What is wrong with a URL is said without it: it may hold a password.
func (c *config) setPlaces(values map[string]string, wrong *usageError) {
	var err error
	if c.data, err = filepath.Abs(values["data"]); err != nil || values["data"] == "" {
		wrong.add("--data (ENTREPOT_DATA) is %q: it must name a folder", values["data"])
	}
	for _, at := range []struct {
		flag, env string
		into      *string
	}{{"database-url", "DATABASE_URL", &c.database}, {"migrate-database-url", "MIGRATE_DATABASE_URL", &c.migrate}} {
		text := values[at.flag]
		if *at.into = text; text != "" && !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://") {
			wrong.add("--%s (%s) must be like postgres://user:password@host:5432/database", at.flag, at.env)
		}
	}
	c.bucket = storage.FileURL(filepath.Join(c.data, "bucket"))
	if text := values["bucket-url"]; text != "" {
		c.bucket = text
		if err := storage.CheckURL(text); err != nil {
			wrong.add("--bucket-url (BUCKET_URL) is wrong: %v", err)
		}
	}
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

func publicURL(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Path != "" ||
		u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not the root of a site", text)
	}
	return u, nil
}
