package auth

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Loopback tells whether an address to listen at, host:port, is reached from this machine alone.
func Loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && loopbackHost(host)
}

func loopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// OnlyHosts refuses, with 421, requests that name another host than this machine or the server's public address: a page
// of any site can have its own name resolve to 127.0.0.1 and then talk to a local server as if it were its own.
func OnlyHosts(public *url.URL, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := (&url.URL{Host: r.Host}).Hostname()
		if !loopbackHost(name) && (public == nil || !strings.EqualFold(name, public.Hostname())) {
			writeJSON(w, http.StatusMisdirectedRequest, map[string]string{
				"code": "HOST_UNKNOWN", "message": "This server does not answer to that host name. Set ENTREPOT_URL if it should.",
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}
