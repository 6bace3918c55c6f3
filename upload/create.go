package upload

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"entrepot/refusal"
	"entrepot/storage"
	"entrepot/viewer"
)

// CreateInput announces a file that is going to be uploaded.
type CreateInput struct {
	FileName string
	// ContentType is how the client will send the file; nil or blank means by the ending of the name.
	ContentType *string
	// Size is the file's size in bytes, at least 1.
	Size int64
	// SHA256 is the file's hash in hexadecimal; nil or blank leaves it unchecked.
	SHA256 *string
	// Resumable asks for the start of a resumable upload instead of a plain PUT, where the bucket has such: the method
	// that is answered tells.
	Resumable bool
}

// Issued is the request that uploads the file, once, and the path to store the history with.
type Issued struct {
	GCSPath string
	storage.Request
}

const unknownContentType = "application/octet-stream"

// contentTypes are those by the ending of a name, and those that clients may announce.
var contentTypes = map[string]string{
	".csv":  "text/csv",
	".tsv":  "text/tab-separated-values",
	".tab":  "text/tab-separated-values",
	".txt":  "text/plain",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// Browsers on Windows call a CSV file application/vnd.ms-excel.
var otherContentTypes = []string{unknownContentType, "application/csv", "application/vnd.ms-excel"}

func contentTypeOf(fileName string) string {
	if known, ok := contentTypes[strings.ToLower(path.Ext(fileName))]; ok {
		return known
	}
	return unknownContentType
}

// Create signs an upload of one file, by a COLLECTOR for the viewer's group, under a name that the server makes, and
// records what was announced. The URL works for Limits.UploadURLSeconds.
func (u *Uploads) Create(ctx context.Context, in CreateInput) (Issued, error) {
	v, err := refusal.Viewer(ctx, viewer.RoleCollector, true)
	if err != nil {
		return Issued{}, err
	}
	in, options, wrong := u.normalize(in)
	if err := wrong.OrNil(); err != nil {
		return Issued{}, err
	}
	key := newKey(v.OrganizationID, v.GroupID)
	request, err := u.bucket.SignPut(ctx, key, options)
	var option *storage.OptionError
	if errors.As(err, &option) && option.Field == "size" { // the bucket's own limit is lower
		return Issued{}, refusal.New(refusal.InvalidInput, refusal.Input("size"), "The size %s.", option.Reason)
	}
	if err != nil {
		return Issued{}, fmt.Errorf("create upload: %w", err)
	}
	issued := Issued{GCSPath: u.bucket.Path(key), Request: request}
	err = u.db.Do(ctx, "createUpload", func(ctx context.Context) error {
		create := u.db.Client().IssuedUpload.Create().
			SetOrganizationID(v.OrganizationID).SetGroupID(v.GroupID).SetUserID(v.UserID).
			SetGcsPath(issued.GCSPath).
			SetFileName(in.FileName).
			SetContentType(options.ContentType).
			SetSize(in.Size).
			SetExpiresAt(issued.ExpiresAt)
		if options.SHA256 != "" {
			create.SetSha256(options.SHA256)
		}
		return create.Exec(ctx)
	})
	if err != nil {
		return Issued{}, fmt.Errorf("create upload: %w", err)
	}
	return issued, nil
}

// normalize makes what is signed of what was announced, and says everything that is wrong with it.
func (u *Uploads) normalize(in CreateInput) (CreateInput, storage.PutOptions, refusal.Errors) {
	var wrong refusal.Errors
	in.FileName = wrong.Text(refusal.Input("fileName"), "The file name", in.FileName, maxFileName, true)
	options := storage.PutOptions{
		ContentType: contentTypeOf(in.FileName),
		Size:        in.Size,
		Expiry:      time.Duration(u.limits.UploadURLSeconds) * time.Second,
		Resumable:   in.Resumable,
	}
	if text := trimmed(in.ContentType); text != "" {
		if options.ContentType = allowedContentType(text); options.ContentType == "" {
			wrong.Add(refusal.InvalidInput, refusal.Input("contentType"),
				"The content type is not one that is taken; for a CSV file it is text/csv, for anything else %s.",
				unknownContentType)
		}
	}
	switch {
	case in.Size <= 0:
		wrong.Add(refusal.InvalidInput, refusal.Input("size"),
			"The size must be at least 1 byte; an empty file cannot be imported.")
	case in.Size > u.limits.MaxFileBytes:
		wrong.Add(refusal.InvalidInput, refusal.Input("size"),
			"The size may not be more than %d bytes.", u.limits.MaxFileBytes)
	}
	options.SHA256 = strings.ToLower(trimmed(in.SHA256))
	if sum, err := hex.DecodeString(options.SHA256); err != nil || len(sum) != 0 && len(sum) != 32 {
		wrong.Add(refusal.InvalidInput, refusal.Input("sha256"), "The sha256 must have 64 hexadecimal digits.")
	}
	return in, options, wrong
}

// allowedContentType is the content type in its usual spelling, with no parameter but a character set, or "" for one
// that is not taken: what was uploaded as a page or a script could be served as one.
func allowedContentType(text string) string {
	mediaType, params, err := mime.ParseMediaType(text)
	if err != nil || len(text) > 100 {
		return ""
	}
	known := slices.Contains(otherContentTypes, mediaType)
	for _, one := range contentTypes {
		known = known || one == mediaType
	}
	for name := range params {
		known = known && name == "charset"
	}
	if !known {
		return ""
	}
	return mime.FormatMediaType(mediaType, params)
}

func trimmed(text *string) string {
	if text == nil {
		return ""
	}
	return strings.TrimSpace(*text)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
