package importer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/storage"
	"entrepot/tabular"
)

// failureError is why an import fails: what its error, errorCode and errorParams say. The sentence is for the person
// whose file it is; it may quote headers, never cells.
type failureError struct {
	Code     definition.ImportErrorCode
	Sentence string
	Params   []definition.Param
	// ofRows tells that the errors of rows are why, and say it all.
	ofRows bool
}

// Error is the sentence.
func (e *failureError) Error() string { return e.Sentence }

func fail(code definition.ImportErrorCode, params []definition.Param, format string, args ...any) *failureError {
	return &failureError{Code: code, Sentence: fmt.Sprintf(format, args...), Params: params}
}

// fileMissing says the same whether the object is absent or the path leads out of the group's part of the bucket.
func fileMissing() *failureError {
	return fail(definition.ErrorFileMissing, nil, "the file is not in the bucket; upload it again")
}

func sourceChanged() *failureError {
	return fail(definition.ErrorSourceChanged, nil,
		"the file has changed since it was uploaded and checked; upload it again")
}

func storageUnavailable() *failureError {
	return fail(definition.ErrorStorageUnavailable, nil,
		"the bucket could not be read, after several tries; run the import again later")
}

// readFailure says what an error of the file or the bucket means for the import; nil for one that says nothing about
// either, such as the end of a context.
func readFailure(err error) *failureError {
	var known *failureError
	var mapping *definition.MappingError
	var table *tabular.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return nil
	case errors.Is(err, storage.ErrChanged), errors.Is(err, io.ErrUnexpectedEOF):
		return sourceChanged()
	case errors.Is(err, storage.ErrNotFound):
		return fileMissing()
	case errors.As(err, &mapping):
		return &failureError{Code: mapping.Code, Sentence: mapping.Message, Params: mapping.Params}
	case errors.As(err, &table) && table.Err == nil:
		return &failureError{Code: table.Code, Sentence: table.Reason, Params: table.Params}
	case errors.As(err, &table):
		return storageUnavailable()
	}
	return nil
}

// reasonOf is why the check of an upload failed, without a full stop.
func reasonOf(history *ent.ReviewUploadHistory) string {
	if history.ErrorReason == nil {
		return "its check failed"
	}
	reason := *history.ErrorReason
	for len(reason) > 0 && reason[len(reason)-1] == '.' {
		reason = reason[:len(reason)-1]
	}
	return reason
}
