// An object with a then is not waited for: then is a function like any other.
// => SCRIPT_OUTPUT_INVALID then function
function process() {
  return {
    then(resolve) {
      resolve({ n: 1 });
    },
  };
}