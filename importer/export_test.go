package importer

import (
	"io"
	"time"
)

// WrapSource puts f between the bucket and the parser, so that tests meet a run while it reads.
func (i *Importer) WrapSource(f func(io.Reader) io.Reader) { i.wrapSource = f }

// PreviewTime sets how long a preview may take.
func (i *Importer) PreviewTime(d time.Duration) { i.previewTime = d }
