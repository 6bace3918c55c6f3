// Errors that are each other's causes.
// => SCRIPT_THREW AggregateError: all
function process() {
  const error = new AggregateError([], "all");
  error.errors.push(error);
  error.cause = error;
  throw error;
}