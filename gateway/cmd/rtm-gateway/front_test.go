package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

// While the gateway starts, its answers have the headers that they have later, and only
// /readyz tells what the start does.
func TestAnswersWhileStarting(t *testing.T) {
	const doing = "connecting to NATS at nats://10.0.0.5:4222"
	f := newFront(doing)
	for path, status := range map[string]int{"/": 503, "/rtm": 503, "/media/": 503, "/sdk/rtm.js": 503, "/none": 503, "/healthz": 200, "/readyz": 503} {
		w := httptest.NewRecorder()
		f.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		assert.Equal(t, status, w.Code, path)
		for name, value := range map[string]string{
			"Rtm-Gateway": "1", "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*",
			"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "no-store",
		} {
			assert.Equal(t, value, w.Header().Get(name), path)
		}
		assert.Contains(t, w.Header().Get("Access-Control-Expose-Headers"), "Rtm-Gateway", path)
		if path == "/readyz" {
			assert.Contains(t, w.Body.String(), doing)
		} else {
			assert.NotContains(t, w.Body.String(), "NATS", path)
		}
	}
}
