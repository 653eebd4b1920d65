package rest_test

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"rtmwasm/gateway/rest"
)

// described holds requests and answers against docs/openapi.yaml, and notes which operations had a
// success.
type described struct {
	document map[string]any
	compiler *jsonschema.Compiler

	mu   sync.Mutex // guards what follows, and compiler
	seen map[string]bool
}

func newDescribed(t testing.TB) *described {
	text, err := os.ReadFile("../../docs/openapi.yaml")
	require.NoError(t, err)
	d := &described{compiler: jsonschema.NewCompiler(), seen: map[string]bool{}}
	require.NoError(t, yaml.Unmarshal(text, &d.document))
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	require.NoError(t, d.compiler.AddResource("openapi.yaml", d.document))
	return d
}

// at follows a path of names through the document, and the references in it. pointer is where the
// value stands.
func (d *described) at(pointer string) (value any, place string) {
	value, place = d.document, "#"
	for _, name := range strings.Split(strings.TrimPrefix(pointer, "#/"), "/") {
		object, _ := value.(map[string]any)
		value, place = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)], place+"/"+name
		if object, ok := value.(map[string]any); ok && object["$ref"] != nil {
			value, place = d.at(object["$ref"].(string))
		}
	}
	return value, place
}

// holdsBody holds a body against the schema at a place of the document.
func (d *described) holdsBody(t testing.TB, place string, body []byte) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	_, place = d.at(place)
	schema, err := d.compiler.Compile("openapi.yaml" + place)
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	require.NoError(t, err)
	assert.NoError(t, schema.Validate(value), "not as docs/openapi.yaml has it: %s", body)
}

const jsonSchema = "/content/application~1json/schema"

// holds holds a call against the description: its answer, and if that is a success, the request.
func (d *described) holds(t testing.TB, r *http.Request, body []byte, answer *http.Response, text []byte) {
	t.Helper()
	name, operation := operationOf(r)
	require.NotEmpty(t, name, "%s %s is not described", r.Method, r.URL)
	place := "#/paths/" + strings.ReplaceAll(operation[1], "/", "~1") + "/" + strings.ToLower(operation[0])
	if answer.StatusCode != http.StatusOK {
		d.holdsBody(t, place+"/responses/default"+jsonSchema, text)
		return
	}
	d.holdsBody(t, place+"/responses/200"+jsonSchema, text)
	d.holdsParameters(t, place, r)
	if r.Header.Get("Content-Type") == "application/json" {
		d.holdsBody(t, place+"/requestBody"+jsonSchema, body)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen[name] = true
}

// holdsParameters looks for each parameter of a request in the description, and there for each that
// is needed in the request.
func (d *described) holdsParameters(t testing.TB, place string, r *http.Request) {
	t.Helper()
	said := map[string]bool{}
	list, _ := d.at(place + "/parameters")
	all, _ := list.([]any)
	for _, one := range all {
		p := one.(map[string]any)
		if ref, ok := p["$ref"].(string); ok {
			found, _ := d.at(ref)
			p = found.(map[string]any)
		}
		name := p["name"].(string)
		said[name] = true
		assert.True(t, p["required"] != true || r.URL.Query().Has(name), "%s lacks %s", r.URL, name)
	}
	for name := range r.URL.Query() {
		assert.True(t, said[name], "%s has the parameter %s, which is not described", r.URL, name)
	}
}

// operationOf is which operation a request is for; "" for none.
func operationOf(r *http.Request) (name string, operation [2]string) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), controlBase)
	for name, o := range rest.Operations() {
		if o[0] == r.Method && isOf(o[1], path) {
			return name, o
		}
	}
	return "", operation
}

// isOf reports whether a path is one of a pattern.
func isOf(pattern, path string) bool {
	p, s := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i := range p {
		if len(p) != len(s) || p[i] != s[i] && !strings.HasPrefix(p[i], "{") {
			return false
		}
	}
	return true
}

// The description has the operations that are served, and no others.
func TestOpenAPIOperations(t *testing.T) {
	said := map[string][2]string{}
	for path, item := range newDescribed(t).document["paths"].(map[string]any) {
		for method, o := range item.(map[string]any) {
			if o, ok := o.(map[string]any); ok { // else parameters
				said[o["operationId"].(string)] = [2]string{strings.ToUpper(method), path}
			}
		}
	}
	assert.Equal(t, rest.Operations(), said)
}
