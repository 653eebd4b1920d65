/** Codes of core/errors.json that no call produces, and why. */
export const never: Record<string, string> = {
  LOGIN_ERR_NOT_AUTHORIZED: '1.4 defines it, and never produces it',
  RENEW_TOKEN_ERR_ABORTED_BY_LOGOUT: 'a renewal that logout interrupts gets 102',
  JOIN_CHANNEL_ERR_INVALID_ARGUMENT: 'createChannel has refused the id before',
  JOIN_CHANNEL_ERR_REJECTED: 'a refusal is JOIN_CHANNEL_ERR_FAILURE, as in 1.4',
  JOIN_CHANNEL_ERR_ABORTED_BY_LEAVE: 'leave waits for the join, as in 1.4',
  LEAVE_CHANNEL_ERR_FAILURE: 'leave does not wait for an answer, so that nothing can fail',
  LEAVE_CHANNEL_ERR_REJECTED: 'leave does not wait for an answer, so that nothing can be refused',
  GET_MEMBERS_ERR_REJECTED: 'a refusal is GET_MEMBERS_ERR_FAILURE, as in 1.4',
  PEER_MESSAGE_ERR_INCOMPATIBLE_MESSAGE: 'every client here understands every message',
  PEER_SUBSCRIPTION_STATUS_ERR_REJECTED: 'a refusal is PEER_SUBSCRIPTION_STATUS_ERR_FAILURE, as in 1.4',
  GET_CHANNEL_MEMBER_COUNT_ERR_NOT_INITIALIZED: 'a client is ready when it is made',
  QUERY_PEERS_BY_SUBSCRIPTION_OPTION_ERR_FAILURE: 'the answer is in memory',
  QUERY_PEERS_BY_SUBSCRIPTION_OPTION_ERR_TOO_OFTEN: 'the answer is in memory',
  QUERY_PEERS_BY_SUBSCRIPTION_OPTION_ERR_TIMEOUT: 'the answer is in memory',
  QUERY_PEERS_BY_SUBSCRIPTION_OPTION_ERR_USER_NOT_LOGGED_IN: 'the code is of PeerSubscriptionStatusError and has the same number, 102, as in 1.4',
};
