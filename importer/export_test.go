package importer

import "io"

// WrapSource puts f between the bucket and the parser, so that tests meet a run while it reads.
func (i *Importer) WrapSource(f func(io.Reader) io.Reader) { i.wrapSource = f }
