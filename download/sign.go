package download

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"
	"time"
)

// link is what one signed URL gives.
type link struct {
	organization string
	subject      string
	id           string // of an import or a definition
	format       Format
	expires      time.Time
}

// What a link leads to.
const (
	// subjectResults is the results of an import.
	subjectResults = "results"
	// subjectTemplate is a file to fill in for a definition.
	subjectTemplate = "template"
)

// The parameters of a link. The signature covers all the others, and an unknown or repeated one breaks it.
const (
	paramOrganization = "organization"
	paramSubject      = "of"
	paramID           = "id"
	paramFormat       = "format"
	paramExpires      = "expires" // Unix seconds
	paramSignature    = "signature"
)

var errNoAddress = errors.New("download: the public URL is not known yet: call SetPublicURL once the server listens")

// sign gives the link's URL, and when it expires: in whole seconds, so that it never works shorter than it says.
func (d *Downloads) sign(l link) (string, time.Time, error) {
	public := d.public.Load()
	if public == nil {
		return "", time.Time{}, errNoAddress
	}
	expires := d.now().Add(expiry).UTC().Truncate(time.Second)
	values := url.Values{
		paramOrganization: {l.organization},
		paramSubject:      {l.subject},
		paramID:           {l.id},
		paramFormat:       {string(l.format)},
		paramExpires:      {strconv.FormatInt(expires.Unix(), 10)},
	}
	values.Set(paramSignature, d.signature(values))
	address := *public
	address.RawQuery = values.Encode()
	return address.String(), expires, nil
}

// signature is over the sorted, escaped parameters: one text for one set of parameters, however a proxy wrote them.
func (d *Downloads) signature(values url.Values) string {
	mac := hmac.New(sha256.New, d.key)
	mac.Write([]byte(values.Encode()))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// verify reads a link out of a query; false for everything that this secret did not sign. It does not look at the time.
func (d *Downloads) verify(query string) (link, bool) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return link{}, false
	}
	given := values[paramSignature]
	values.Del(paramSignature)
	if len(given) != 1 || !hmac.Equal([]byte(given[0]), []byte(d.signature(values))) {
		return link{}, false
	}
	expires, err := strconv.ParseInt(values.Get(paramExpires), 10, 64)
	return link{
		organization: values.Get(paramOrganization), subject: values.Get(paramSubject), id: values.Get(paramID),
		format: Format(values.Get(paramFormat)), expires: time.Unix(expires, 0),
	}, err == nil
}
