package upload

import "entrepot/refusal"

// The lengths of texts, in code points.
const (
	maxFileName    = 255
	maxPath        = 2048
	maxErrorReason = 255
)

// StoreInput is what Store records.
type StoreInput struct {
	FileName string
	GCSPath  string
	// ErrorReason says why the upload failed in the client; nil or blank for one that succeeded.
	ErrorReason *string
}

// Normalize returns the input as it is stored, with texts trimmed and a blank error reason as nil, and everything that
// is wrong with it, in the order of its fields.
func (in StoreInput) Normalize() (StoreInput, refusal.Errors) {
	var wrong refusal.Errors
	in.FileName = wrong.Text(refusal.Input("fileName"), "The file name", in.FileName, maxFileName, true)
	in.GCSPath = wrong.Text(refusal.Input("gcsPath"), "The path", in.GCSPath, maxPath, true)
	if in.ErrorReason != nil {
		reason := wrong.Lines(refusal.Input("errorReason"), "The error reason", *in.ErrorReason, maxErrorReason, false)
		if in.ErrorReason = &reason; reason == "" {
			in.ErrorReason = nil
		}
	}
	return in, wrong
}
