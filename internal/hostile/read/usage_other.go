//go:build !unix

package main

type used struct {
	milliseconds int64
	peakMiB      int64
}

// usage is not known here.
func usage() used { return used{} }
