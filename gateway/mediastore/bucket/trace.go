package bucket

import (
	"net/http"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rtmwasm/gateway/tracing"
)

// tracedClient has a span for each attempt at a request that a traced one waits for. It ends when the header
// of the answer is there.
type tracedClient struct{ s3.HTTPClient }

// Do implements s3.HTTPClient. An object that is not there is an answer, no failure.
func (c tracedClient) Do(r *http.Request) (*http.Response, error) {
	_, span := tracing.StartNamed(r.Context(), "s3 ", awsmiddleware.GetOperationName(r.Context()))
	answer, err := c.HTTPClient.Do(r)
	span.EndHTTP(r, answer, err, http.StatusInternalServerError)
	return answer, err
}
