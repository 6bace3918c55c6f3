package storage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Finding is one thing that was looked at.
type Finding struct {
	// Name is stable: folder; account, bucket, rights, signed upload, size limit, overwriting, resumable upload, signed
	// download, deletion, CORS for uploads, CORS for downloads.
	Name string
	OK   bool
	// Problem says what is wrong and Fix what to do about it, in sentences for the operator. Both are empty where it is OK.
	Problem, Fix string
}

// Check looks whether the bucket can be worked with, for an operator: of a folder whether it can be written; of a remote
// bucket the account, the bucket, its rights, signed requests as a client sends them, and whether its CORS settings let
// pages of the given origin (such as https://entrepot.example; empty leaves that out) send them. It writes and deletes an
// object of a few bytes whose key begins with "doctor/". What depends on something that failed is left out.
func (b *Bucket) Check(ctx context.Context, origin string) []Finding {
	return b.store.check(ctx, origin)
}

// checkup is one run of check.
type checkup struct {
	*cloud
	ctx      context.Context
	origin   string
	findings []Finding
}

func (c *cloud) check(ctx context.Context, origin string) []Finding {
	u := &checkup{cloud: c, ctx: ctx, origin: origin}
	if u.rights() {
		u.requests("doctor/" + strings.ToLower(rand.Text()))
	}
	if origin != "" {
		u.cors()
	}
	return u.findings
}

// found notes a finding; problem is empty where it is well.
func (u *checkup) found(name, problem, fix string) bool {
	finding := Finding{Name: name, OK: problem == ""}
	if !finding.OK {
		finding.Problem, finding.Fix = problem, fix
	}
	u.findings = append(u.findings, finding)
	return finding.OK
}

// rights looks whether the bucket is there and what the account may do in it.
func (u *checkup) rights() bool {
	missing, err := u.missingRights(u.ctx)
	switch {
	case errors.Is(err, ErrNotFound):
		return u.found("bucket", "There is no bucket "+u.name+".",
			"Create it with “gcloud storage buckets create gs://"+u.name+" --uniform-bucket-level-access”, or correct BUCKET_URL.")
	case err != nil:
		return u.found("bucket", "The bucket "+u.name+" cannot be asked: "+err.Error()+".",
			"See that the server reaches "+u.storage+" and that the credentials are valid.")
	}
	u.found("bucket", "", "")
	if len(missing) == 0 {
		return u.found("rights", "", "")
	}
	u.found("rights", fmt.Sprintf("The account %s lacks %s.", u.signer.account(), strings.Join(missing, ", ")),
		fmt.Sprintf("Grant it with “gcloud storage buckets add-iam-policy-binding gs://%s --member=serviceAccount:%s "+
			"--role=roles/storage.objectUser”.", u.name, u.signer.account()))
	return true // the requests show what works all the same
}

const probe = "entrepot doctor\n"

// requests sends signed requests as clients do, and so shows that what was signed holds.
func (u *checkup) requests(key string) {
	put := PutOptions{ContentType: "text/plain", Size: int64(len(probe)), Expiry: time.Minute}
	upload, err := u.signPut(u.ctx, key, put)
	if err != nil {
		u.found("signed upload", "URLs cannot be signed as "+u.signer.account()+": "+err.Error()+".",
			fmt.Sprintf("Enable the IAM Service Account Credentials API, and let the account sign with “gcloud iam "+
				"service-accounts add-iam-policy-binding %s --member=serviceAccount:%s --role=roles/iam.serviceAccountTokenCreator”; "+
				"or use a key file.", u.signer.account(), u.signer.account()))
		return
	}
	limits := "What answers at " + u.storage + " does not hold uploads to what was signed. Is it a test server? Do not let " +
		"people upload to it."
	u.expected("size limit", u.signed(upload, probe+"more"), http.StatusBadRequest, limits)
	if !u.expected("signed upload", u.signed(upload, probe), http.StatusOK,
		"See that the machine's clock is right and that the account's key is still valid.") {
		return
	}
	u.expected("overwriting", u.signed(upload, probe), http.StatusPreconditionFailed, limits)
	put.Resumable = true
	if start, err := u.signPut(u.ctx, key+"-resumable", put); err == nil {
		answer := u.signed(start, "")
		u.expected("resumable upload", answer, http.StatusCreated, "See that the account may create objects.")
		if answer.location != "" {
			if ended, err := u.sendBy(u.ctx, u.plain(), call{method: http.MethodDelete, url: answer.location}); err == nil {
				discard(ended)
			}
		}
	}
	address, _, err := u.signGet(u.ctx, key, GetOptions{FileName: "doctor.txt", Expiry: time.Minute})
	if err == nil {
		answer := u.signed(Request{Method: http.MethodGet, URL: address}, "")
		if u.expected("signed download", answer, http.StatusOK, "See that the account may read objects.") &&
			(answer.body != probe || !strings.HasPrefix(answer.disposition, "attachment;")) {
			u.findings[len(u.findings)-1] = Finding{
				Name: "signed download", Problem: "A signed download gave something else than was uploaded, or not as a file to save.",
				Fix: "See whether something between the server and " + u.storage + " changes answers.",
			}
		}
	}
	problem := ""
	if err := u.remove(u.ctx, key, 0); err != nil {
		problem = "The object " + u.prefix + key + " was left behind: " + err.Error() + "."
	}
	u.found("deletion", problem, "See that the account may delete objects, and that the bucket keeps none by a retention policy.")
}

// plain is a client without the server's rights.
func (u *checkup) plain() *http.Client {
	return &http.Client{Transport: u.transport, CheckRedirect: asIs}
}

// response is what a signed request came back with.
type response struct {
	status                                   int
	body, location, disposition, allow, head string
	err                                      error
}

// signed sends a request as a client would that has nothing but it.
func (u *checkup) signed(r Request, body string) (got response) {
	sent := map[string]string{}
	for _, h := range r.Headers {
		sent[h.Name] = h.Value
	}
	return u.plainly(call{method: r.Method, url: r.URL, header: sent, body: []byte(body)})
}

func (u *checkup) plainly(r call) (got response) {
	answer, err := u.sendBy(u.ctx, u.plain(), r)
	if err != nil {
		return response{err: err}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4<<10))
	return response{
		status: answer.StatusCode, body: string(text), err: err, location: answer.Header.Get("Location"),
		disposition: answer.Header.Get("Content-Disposition"), allow: answer.Header.Get("Access-Control-Allow-Origin"),
		head: answer.Header.Get("Access-Control-Allow-Headers"),
	}
}

func (u *checkup) expected(name string, got response, status int, fix string) bool {
	problem := ""
	switch {
	case got.err != nil:
		problem = "A signed request was not answered: " + got.err.Error() + "."
	case got.status != status:
		problem = fmt.Sprintf("A signed request was answered with %d instead of %d.", got.status, status)
	}
	return u.found(name, problem, fix)
}

// cors asks what a browser asks before it lets a page send such a request. That needs no rights.
func (u *checkup) cors() {
	ask := func(method, headers string) string {
		got := u.plainly(call{
			method: http.MethodOptions, url: u.storage + "/" + u.name + "/" + escape(u.prefix+"doctor/cors", "/"),
			header: map[string]string{
				"Origin": u.origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers,
			},
		})
		if got.err != nil {
			return "The bucket cannot be asked for its CORS settings: " + got.err.Error() + "."
		}
		if got.allow != "*" && got.allow != u.origin {
			return fmt.Sprintf("The bucket's CORS settings do not let pages of %s send %s.", u.origin, method)
		}
		allowed := "," + strings.ToLower(strings.ReplaceAll(got.head, " ", "")) + ","
		for name := range strings.SplitSeq(headers, ",") {
			if name != "" && !strings.Contains(allowed, ","+name+",") && got.head != "*" {
				return fmt.Sprintf("The bucket's CORS settings do not let pages of %s send the header %s with %s.",
					u.origin, name, method)
			}
		}
		return ""
	}
	fix := fmt.Sprintf(`Save [{"origin": [%q], "method": ["GET", "HEAD", "PUT", "POST"], "responseHeader": ["%s"], `+
		`"maxAgeSeconds": 3600}] as cors.json and run “gcloud storage buckets update gs://%s --cors-file=cors.json”.`,
		u.origin, strings.Join(corsHeaders, `", "`), u.name)
	problem := ask(http.MethodPut, strings.ToLower(strings.Join(sentHeaders, ",")))
	if problem == "" {
		problem = ask(http.MethodPost, strings.ToLower(strings.Join(sentHeaders, ",")))
	}
	u.found("CORS for uploads", problem, fix)
	u.found("CORS for downloads", ask(http.MethodGet, ""), fix)
}

// sentHeaders are those that pages send, and corsHeaders also those that they read: one list is for both in a bucket's
// settings.
var (
	sentHeaders = []string{"Content-Type", "Content-Range", headerLengthRange, headerGeneration, headerResumable}
	corsHeaders = append(sentHeaders[:len(sentHeaders):len(sentHeaders)], "Location", "Range", "Content-Disposition", "ETag")
)
