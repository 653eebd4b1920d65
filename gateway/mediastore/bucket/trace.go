package bucket

import (
	"net/http"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rtmwasm/gateway/tracing"
)

// tracedClient records a span for each attempt of a request, if the request is traced. The span ends when
// the header of the response arrives.
type tracedClient struct{ s3.HTTPClient }

// Do implements s3.HTTPClient. A response that an object does not exist is no failure.
func (c tracedClient) Do(r *http.Request) (*http.Response, error) {
	_, span := tracing.StartNamed(r.Context(), "s3 ", awsmiddleware.GetOperationName(r.Context()))
	answer, err := c.HTTPClient.Do(r)
	span.EndHTTP(r, answer, err, http.StatusInternalServerError)
	return answer, err
}
