// process is a class, which cannot be called.
// => SCRIPT_THREW TypeError
class process {}