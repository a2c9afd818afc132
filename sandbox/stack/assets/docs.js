const ui = window.SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  // As the shop front: the API answers its own frontends only.
  requestInterceptor: (request) => {
    request.headers["X-Client-Key"] ??= "local-shop-front-key";
    return request;
  },
});
window.ui = ui;
