package gateway

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"time"
)

// demoSetup tells the demo how users log in here, and whether there is documentation. It has an app
// id only if the gateway serves a single app, because not every visitor may see a list of apps.
type demoSetup struct {
	App           string    `json:"app,omitempty"` // the only app id that is served
	AnyApp        bool      `json:"anyApp"`        // every app id is served
	Token         TokenRule `json:"token"`
	OriginAllowed bool      `json:"originAllowed"` // whether pages of the origin in the query may use the gateway
	Docs          bool      `json:"docs"`          // whether the documentation is at /docs/
}

// TokenRule says whether logins need a token.
type TokenRule string

// The rules for tokens.
const (
	TokenNever   TokenRule = "never"
	TokenAlways  TokenRule = "always"
	TokenPerApp  TokenRule = "perApp"  // some apps need one
	TokenUnknown TokenRule = "unknown" // the Authorizer does not say
)

// loginGuide is an optional interface of an Authorizer: how users log in.
type loginGuide interface {
	// LoginGuide returns the app id if a single app is served, else "".
	LoginGuide() (app string, anyApp bool, token TokenRule)
}

var (
	_ loginGuide = Development{}
	_ loginGuide = (*Apps)(nil)
)

// LoginGuide says that every app id is served, without a token.
func (Development) LoginGuide() (app string, anyApp bool, token TokenRule) {
	return "", true, TokenNever
}

// LoginGuide returns the app id if a single app is served, and whether apps need a token.
func (a *Apps) LoginGuide() (app string, anyApp bool, token TokenRule) {
	ids := a.IDs()
	withToken := 0
	for _, id := range ids {
		if a.Certificate(id) != "" {
			withToken++
		}
	}
	switch withToken {
	case 0:
		token = TokenNever
	case len(ids):
		token = TokenAlways
	default:
		token = TokenPerApp
	}
	if len(ids) == 1 {
		app = ids[0]
	}
	return app, false, token
}

// serveDemoSetup answers with a demoSetup as JSON. The page sends its origin in the query, because
// browsers send no Origin header with a GET to the page's own server.
func (s *Server) serveDemoSetup(w http.ResponseWriter, r *http.Request) {
	setup := demoSetup{Token: TokenUnknown, Docs: hasDocs(s.config.Docs)}
	if guide, ok := s.config.Authorizer.(loginGuide); ok {
		setup.App, setup.AnyApp, setup.Token = guide.LoginGuide()
	}
	asked := r.Clone(r.Context())
	asked.Header.Set("Origin", r.URL.Query().Get("origin"))
	setup.OriginAllowed = s.originAllowed(asked)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(setup)
}

// demoPolicy lets the demo run only what this gateway serves, and talk to any gateway.
const demoPolicy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src *; worker-src blob:; " +
	"img-src 'self' blob: data:; media-src * blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

func demoHandler(files fs.FS, stall time.Duration) http.Handler {
	static := newStatic(files, stall)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", demoPolicy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		static.ServeHTTP(w, r)
	})
}
