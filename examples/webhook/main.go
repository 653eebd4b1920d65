// Command webhook is a web hook that prints the events of rtm-gateway, one JSON line each:
//
//	RTM_WEBHOOK_SECRET=... PORT=3000 go run ./examples/webhook
//
// Two secrets, with a space between, are both accepted: that is how one is replaced.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxBytes      = 1 << 20
	maxAge        = 5 * time.Minute
	maxRemembered = 100_000
)

func main() {
	secrets, err := parseSecrets(os.Getenv("RTM_WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on http://%s", listener.Addr())
	server := &http.Server{Handler: &receiver{secrets: secrets, out: os.Stdout, seen: map[string]bool{}}, ReadTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}

func parseSecrets(text string) (secrets [][]byte, err error) {
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		secret := []byte(one)
		if encoded, ok := strings.CutPrefix(one, "whsec_"); ok {
			if secret, err = base64.StdEncoding.DecodeString(encoded); err != nil {
				return nil, errors.New("what follows whsec_ must be Base64")
			}
		}
		secrets = append(secrets, secret)
	}
	if len(secrets) == 0 {
		return nil, errors.New("set RTM_WEBHOOK_SECRET, to what the gateway has")
	}
	return secrets, nil
}

// receiver takes batches of events.
type receiver struct {
	secrets [][]byte
	out     io.Writer

	mu    sync.Mutex // guards the rest
	seen  map[string]bool
	order []string // of seen, oldest first
}

// ServeHTTP answers with a status of 2xx what was taken. The gateway tries again after any other,
// except 410.
func (h *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBytes))
	switch {
	case r.Method != http.MethodPost:
		http.Error(w, "POST events here", http.StatusMethodNotAllowed)
		return
	case errors.As(err, new(*http.MaxBytesError)):
		http.Error(w, "the request is too large", http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		http.Error(w, "the request broke off", http.StatusBadRequest)
		return
	}
	if err := h.verify(r.Header, body); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	var batch struct {
		Events []json.RawMessage `json:"events"`
	}
	if err := json.Unmarshal(body, &batch); err != nil {
		http.Error(w, "this is no batch of events", http.StatusBadRequest)
		return
	}
	for _, event := range batch.Events {
		h.handle(event)
	}
	fmt.Fprintln(w, "taken")
}

// verify checks the signature. It is over the bytes of the body as they came, so it is checked before
// they are parsed.
func (h *receiver) verify(header http.Header, body []byte) error {
	id, seconds, sent := header.Get("Webhook-Id"), header.Get("Webhook-Timestamp"), header.Get("Webhook-Signature")
	if id == "" || seconds == "" || sent == "" {
		return errors.New("the signature is missing")
	}
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || time.Since(time.Unix(unix, 0)).Abs() > maxAge {
		return errors.New("the signature is too old, or a clock is wrong")
	}
	for _, secret := range h.secrets {
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "%s.%s.%s", id, seconds, body)
		want := mac.Sum(nil)
		for one := range strings.FieldsSeq(sent) {
			text, ok := strings.CutPrefix(one, "v1,")
			got, err := base64.StdEncoding.DecodeString(text)
			if ok && err == nil && hmac.Equal(got, want) { // in constant time
				return nil
			}
		}
	}
	return errors.New("the signature is wrong")
}

// handle does what is to be done with an event: here, it is printed. Events come at least once: the
// same one has the same id. A program that must not lose them when it is stopped stores an event, by
// its id, before it answers.
func (h *receiver) handle(event json.RawMessage) {
	var about struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(event, &about) != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen[about.ID] {
		event = append(bytes.TrimSuffix(event, []byte("}")), `,"duplicate":true}`...)
	} else {
		h.seen[about.ID] = true
		h.order = append(h.order, about.ID)
		if len(h.order) > maxRemembered {
			delete(h.seen, h.order[0])
			h.order = h.order[1:]
		}
	}
	fmt.Fprintf(h.out, "%s\n", event)
}
