export default { target: 'static', telemetry: false, router: { base: '/app/' } };
